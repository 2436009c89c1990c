/** Headers of HTTP, cookies, and addresses that hold a secret. */
import type { RedactionRule } from "../RedactionRule.ts"
import { shape } from "./ruleForms.ts"

/** Names of query parameters that hold what lets somebody in. */
const urlNames: ReadonlyArray<string> =
  "key code t tok k appid app_id ticket sid otp magic invite invitation confirmation verification confirm verify reset activation login hash_token share_token sign st sas oauth_verifier oauth_token_secret code_challenge_verifier share share_key".split(
    " ",
  )
/** Parts of a path before what lets somebody in. */
const linkWords: ReadonlyArray<string> =
  "verify verification invite invites invitation invitations reset reset-password password-reset confirm confirmation activate activation magic magic-link unsubscribe token tokens secret secrets join accept signin login".split(
    " ",
  )

export const headerRules: ReadonlyArray<RedactionRule> = [
  shape(
    "authorization-header",
    "header",
    ["authorization"],
    /authorization\\{0,32}["']?\]?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,32}["'`]?(?:(?:Bearer|Basic|Token|Digest|ApiKey|Api-Key|Negotiate|GenieKey|SSWS|Bot|key=?)[ \t]{1,4})?([^\s"'`\\,;<>(){}$]{6,2048})/iy,
    { reach: "line", value: "token", open: /authorization\\{0,32}["']?\]?[ \t]{0,4}(?:$|[:=,])/iy },
  ),
  // Of a scheme with parameters, or of one that no rule names.
  shape(
    "authorization-header",
    "header",
    ["authorization"],
    /authorization\\{0,32}["']?\]?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,32}["'`]?((?:(?!authorization)[^\n\r]){8,2048})/iy,
    {
      reach: "line",
      each: /(?<=(?:^|[\s,])(?:response|signature|mac|token|auth|key|credential|secret|code|assertion|oauth_(?:token|signature)|\w{1,20}_(?:token|secret|signature))=\\{0,8}["']?)[\w+/=.~%-]{16,1024}|(?<=^[A-Za-z][\w-]{1,40} (?:[\w.@!+-]{1,60}[:=])?)[\w+/=.~%-]{16,2048}/gi,
      allow: /^(?:AWS4|UNSIGNED)|^[A-Za-z][\w.-]{0,40}=|^[a-z]{2,12}(?:[-.][a-z]{2,12})+$/,
      open: /authorization\\{0,32}["']?\]?[ \t]{0,4}(?:$|[:=,])/iy,
    },
  ),
  shape("bearer-token", "header", ["bearer ", "bearer: "], /bearer:? {1,4}([\w.~+/=-]{16,2048})/iy, {
    word: true,
    value: "token",
    reach: "line",
    open: /bearer:? {1,4}(?:[\w.~+/=-]{0,2048})$/iy,
  }),
  shape("basic-credentials", "header", ["basic "], /basic {1,4}([A-Za-z0-9+/]{12,512}={0,2})(?![\w+/=])/iy, {
    word: true,
    value: "token",
    entropy: 3.2,
    reach: "line",
    open: /basic {1,4}[A-Za-z0-9+/]{0,512}={0,2}$/iy,
  }),
  shape("digest-response", "header", ["response="], /response=\\{0,8}"?([0-9a-f]{32,64})(?!\w)/y, {
    word: true,
    entropy: 3,
  }),
  shape(
    "cookie",
    "header",
    ["cookie"],
    /cookie\\{0,32}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,32}["']?([^"'\r\n]{8,1024})/iy,
    {
      reach: "line",
      each: /(?<==)[^\s;,"'\\]{12,1024}/g,
      value: "token",
      allow: /^[A-Za-z]{0,3}\d?(?:\.\d+){2,}$/,
      open: /cookie\\{0,32}["']?[ \t]{0,4}(?:$|[:=])/iy,
    },
  ),
  shape(
    "cookie",
    "header",
    ["--cookie ", " -b "],
    /(?:--cookie| -b) \\{0,32}["']?((?:(?!--cookie | -b )[^"'\r\n]){8,1024})/y,
    {
      reach: "line",
      each: /(?<==)[^\s;,"'\\]{12,1024}/g,
      value: "token",
    },
  ),
  shape(
    "url-password",
    "url",
    ["://"],
    /:\/\/[^\s/:@"'`<>\\]{0,128}(?:@[^\s/:@"'`<>\\]{1,64})?:([^\s/@"'`<>\\]{3,512})@(?=[\w.[-])/y,
    {
      allow:
        /^(?:\$|<|\{|%[({]|\*{3}|\.{3}|x{3,}|\[|pass(?:word)?$|pw$|pwd$|secret$|token$|your|example|changeme|user$|guest$|root$|postgres$|test$|\d{1,5}$)/i,
    },
  ),
  shape("url-token", "url", ["://"], /:\/\/([\w-]{20,256})(?=(?::[^\s/:@"'`<>\\]{1,256})?@[\w.[-])/y, {
    value: "token",
  }),
  shape("url-signature", "url", ["sig=", "signature="], /sig(?:nature)?=([\w%+/=.~-]{24,1024})/iy, { entropy: 3 }),
  shape(
    "url-key",
    "url",
    urlNames.flatMap((name) => [`?${name}=`, `&${name}=`]),
    new RegExp(`[?&](?:${urlNames.join("|")})=([\\w%.~/-]{16,512})`, "iy"),
    { value: "token" },
  ),
  // Of these, what is no id.
  shape(
    "url-session",
    "url",
    ["?session=", "&session=", "?session_id=", "&session_id=", "?sessionid=", "&sessionid=", "?hash=", "&hash="],
    /[?&](?:session(?:_?id)?|hash)=([\w%.~-]{24,512})/iy,
    { value: "token", allow: /^[\da-f]{8}-[\da-f]{4}-|^[\da-f]{40}$|^(?:se?ss|cs)_/ },
  ),
  shape(
    "url-assertion",
    "url",
    ["samlresponse=", "samlrequest=", "assertion="],
    /(?:saml\w{7,8}|assertion)=([\w%+/=.~-]{24,4096})/iy,
    {
      value: "token",
      entropy: 3.5,
    },
  ),
  shape(
    "link-secret",
    "url",
    linkWords.map((name) => `/${name}/`),
    new RegExp(`/(?:${linkWords.join("|")})/(?!0x)(?=[\\w-]{0,300}\\d)([\\w-]{20,300})(?![\\w.-])`, "iy"),
    { value: "token", entropy: 3.3, allow: /^[0-9a-f]{8}-[0-9a-f]{4}-/ },
  ),
  shape("webhook-url", "url", ["://hook"], /:\/\/hooks?\.[\w.-]{3,80}\/([\w/-]{20,300})/iy, {
    value: "token",
    entropy: 3.3,
  }),
  shape(
    "endpoint-key",
    "url",
    ["infura.io/", "alchemy.com/", "quiknode.pro/", "incomingwebhook/", "/with/key/", "/hooks/catch/"],
    /(?:(?:infura\.io|alchemy\.com|quiknode\.pro)\/(?:ws\/)?(?:v\d\/)?|IncomingWebhook\/|\/with\/key\/|\/hooks\/catch\/\d{4,12}\/)([\w-]{7,80}(?:\/[\w-]{20,80}){0,2})/iy,
    { value: "token" },
  ),
]
