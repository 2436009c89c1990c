/**
 * Which runs have which pieces of text, as bits: 2,048 runs are a block, `place` is 4,096 times the block plus the number of
 * the piece, and the bits of `runs` are those of the block that have it. `open` are those whose texts were not final. No
 * text can be read from it. What a run loses or gets that it should not takes its block out, to be read again.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const leave = (run: string) => `
  UPDATE run_text_changes SET changes = changes + 1;
  DELETE FROM run_text_blocks WHERE block = ${run} / 2048;
  DELETE FROM run_text_bits WHERE place >= ${run} / 2048 * 4096 AND place < (${run} / 2048 + 1) * 4096;`

const statements = [
  `CREATE TABLE run_text_blocks (block INTEGER PRIMARY KEY, open BLOB NOT NULL)`,
  `CREATE TABLE run_text_bits (place INTEGER PRIMARY KEY, runs BLOB NOT NULL)`,
  // Tells one who has read a block whether it is still so.
  `CREATE TABLE run_text_changes (id INTEGER PRIMARY KEY CHECK (id = 1), changes INTEGER NOT NULL)`,
  `INSERT INTO run_text_changes VALUES (1, 0)`,
  `CREATE TRIGGER run_texts_of_removed AFTER DELETE ON runs BEGIN ${leave("OLD.id")} END`,
  `CREATE TRIGGER run_texts_of_changed AFTER UPDATE OF request ON run_bodies BEGIN ${leave("OLD.run")} END`,
]

export const runTexts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
