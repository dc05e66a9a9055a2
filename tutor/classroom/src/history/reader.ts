import type { Classroom } from "../classroom/classroom";
import type { Reader } from "./revisionLabels";

/** Who looks at the history in this page. */
export function readerOf({ openPages }: Classroom): Reader {
  return { pages: [openPages.name, ...openPages.earlier], device: openPages.device };
}
