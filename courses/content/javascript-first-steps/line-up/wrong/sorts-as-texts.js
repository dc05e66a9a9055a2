const { numbers } = require("./input");

const arrived = numbers();
const sorted = [...arrived].sort();
console.log("Came in: " + arrived.join(" "));
console.log("In order: " + sorted.join(" "));
