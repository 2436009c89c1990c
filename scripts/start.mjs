// `npm start` shows a run; with words behind it, as in `npm start -- ls`, it is the program itself.
if (process.argv.length === 2) process.argv.push("demo")
await import("../packages/cli/src/main.ts")
