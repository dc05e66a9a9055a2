// What was typed, line by line: lines() as texts, numbers() as numbers. Nothing to change here.
const text = require("fs").readFileSync(0, "utf8");

function lines() {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function numbers() {
  return lines().map((line) => Number(line));
}

module.exports = { lines, numbers };
