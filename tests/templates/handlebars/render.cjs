// Renders templates with handlebars.js: [[template, data], …] on stdin, [{ok: text} | {err: message}, …]
// on stdout.
const Handlebars = require("handlebars");

const condition = (decide) =>
  function (...args) {
    const options = args.pop();
    const holds = decide(args);
    if (options.fn) return holds ? options.fn(this) : options.inverse(this);
    const answer = options.hash[holds ? "yes" : "no"];
    return answer === undefined ? holds : answer;
  };
const text = (value) => (value === undefined || value === null ? "" : String(value));

Handlebars.registerHelper("eq", condition(([left, right]) => left === right));
Handlebars.registerHelper("and", condition((args) => args.every((arg) => !Handlebars.Utils.isEmpty(arg))));
Handlebars.registerHelper("upper", (value) => text(value).toUpperCase());

const results = JSON.parse(require("fs").readFileSync(0, "utf8")).map(([template, data]) => {
  try {
    return { ok: Handlebars.compile(template)(data) };
  } catch (error) {
    return { err: error.message };
  }
});
console.log(JSON.stringify(results));
