import { QueryClient } from "@tanstack/react-query"
import { ApiProblem, isUnreachable } from "../api/ApiProblem.ts"

/** What the server refused stays refused; what it could not do now may be asked again. */
const mayRetry = (failures: number, error: unknown): boolean =>
  !isUnreachable(error) && !(error instanceof ApiProblem && error.status < 500) && failures < 2

export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      // Loopback is there without the internet.
      queries: { networkMode: "always", retry: mayRetry, staleTime: 2_000, refetchOnWindowFocus: true },
      mutations: { networkMode: "always", retry: false },
    },
  })
