const { numbers } = require("./input");

const arrived = numbers();
const sorted = arrived;
sorted.sort((a, b) => a - b);
console.log("Came in: " + arrived.join(" "));
console.log("In order: " + sorted.join(" "));
