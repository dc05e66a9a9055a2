import "./styles/code.css";
import "./styles/lesson.css";
import { render } from "preact";
import { Classroom } from "./classroom/classroom";
import { storeAll } from "./classroom/unstored";
import { ConnectionBanner } from "./controls/ConnectionBanner";
import { ConnectionStatus } from "./controls/ConnectionStatus";
import { highlightPage } from "./editor/highlight";
import { languages } from "./editor/languages";
import { LessonView } from "./lesson/LessonView";
import { Stepper } from "./lesson/Stepper";
import { Task } from "./lesson/Task";
import { enableCopyButtons } from "./page/copyButtons";
import { showEnded } from "./page/ended";
import { enableLogOut } from "./page/logOut";
import { element, readPageData } from "./page/pageData";
import { watchUser } from "./storage/currentUser";
import { openStorage } from "./storage/lessonStorage";
import type { UserChange } from "./storage/userCookie";
import { typeset } from "./text/maths";

const page = readPageData();
// Python is here already; another language comes before the editor opens.
await languages.load(page.language);

if (page.asked_step) {
  // A reload begins where the student is then.
  history.replaceState(history.state, "", location.pathname);
}
// Opened last, for what a page has left goes on only in a page that is open.
const storage = await openStorage(page.storage_key, page.conversation);
const classroom = new Classroom(page, schedule, storage);
const retry = () => classroom.reconnect();
let scheduled = false;

/** However many pieces of an answer arrive, the page is drawn once a frame. */
function schedule(): void {
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(draw);
  }
}

function draw(): void {
  scheduled = false;
  if (classroom.state.connection.state === "closed") {
    lookAtUser();
  }
  if (classroom.hasEnded) {
    return;
  }
  render(<Stepper classroom={classroom} />, element("steps"));
  render(<Task classroom={classroom} />, element("task"));
  render(<LessonView classroom={classroom} />, element("app"));
  render(<ConnectionStatus state={classroom.state} retry={retry} />, element("connection"));
  render(<ConnectionBanner classroom={classroom} retry={retry} />, element("banner"));
}

function end(how: UserChange): void {
  classroom.end();
  for (const id of ["steps", "task", "app", "connection", "banner"]) {
    render(null, element(id));
  }
  showEnded(how === "logged_out", page.login_url);
}

const lookAtUser = watchUser(end);
enableLogOut(() => storeAll(classroom));
highlightPage(element("lesson"));
void typeset(element("lesson"));
enableCopyButtons(document.body);
draw();
classroom.open();
