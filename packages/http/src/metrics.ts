/** Counts what the server did, and writes it as Prometheus reads it. Labels are route names and statuses: never a value of a request. */

export interface HttpMetrics {
  /** @param route the name of a route, `page`, or `none`. */
  readonly requested: (route: string, status: number) => void
  readonly streamOpened: () => void
  readonly streamClosed: () => void
  /** Lines of what was counted here. */
  readonly lines: () => ReadonlyArray<string>
}

export interface Sample {
  readonly name: string
  readonly help: string
  readonly type: "counter" | "gauge"
  readonly values: ReadonlyArray<{ readonly labels?: Readonly<Record<string, string>>; readonly value: number }>
}

const quoted = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')

const labelText = (labels: Readonly<Record<string, string>> = {}): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quoted(value)}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

/** The text form of the samples, version 0.0.4. */
export const sampleLines = (samples: ReadonlyArray<Sample>): ReadonlyArray<string> =>
  samples.flatMap(({ help, name, type, values }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...values.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
  ])

export const httpMetrics = (): HttpMetrics => {
  /** By route and status: both are of small sets. */
  const requests = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>()
  let open = 0
  let opened = 0
  return {
    requested: (route, status) => {
      const key = `${route} ${status}`
      const counted = requests.get(key)
      if (counted === undefined) requests.set(key, { labels: { route, status: String(status) }, value: 1 })
      else counted.value++
    },
    streamOpened: () => {
      open++
      opened++
    },
    streamClosed: () => void open--,
    lines: () =>
      sampleLines([
        {
          name: "runyard_http_requests_total",
          help: "Requests that were answered, by route and status.",
          type: "counter",
          values: [...requests.values()],
        },
        {
          name: "runyard_http_streams_open",
          help: "Streams of events that are open.",
          type: "gauge",
          values: [{ value: open }],
        },
        {
          name: "runyard_http_streams_total",
          help: "Streams of events that were opened.",
          type: "counter",
          values: [{ value: opened }],
        },
      ]),
  }
}
