// What is loaded when somebody looks at earlier versions, or compares two.

export { CompareDialog } from "./CompareDialog";
export { HistoryDialog } from "./HistoryDialog";
