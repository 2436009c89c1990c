/** Writes to the terminal or the pipe, and knows when the reader has gone. */

/** A pipe whose reader left gives EPIPE; the program then has nobody to talk to and ends quietly. */
export const whenReaderLeaves = (act: () => void): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") act()
      else throw error
    })
  }
}

export const say = (text: string): void => void process.stdout.write(`${text}\n`)
export const tell = (text: string): void => void process.stderr.write(`${text}\n`)
