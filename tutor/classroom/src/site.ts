import "./styles/site.css";
import { enableLogOut } from "./page/logOut";
import { enableThemeButton } from "./page/theme";
import { settleUser, userOfPage, watchUser } from "./storage/currentUser";
import { lessonsLeft } from "./storage/lessonsLeft";

enableThemeButton();
settleUser();
// A lesson has more to say and to clear: lesson.tsx.
if (!document.body.classList.contains("in-lesson")) {
  watchUser(() => location.reload());
  enableLogOut(async () =>
    (await lessonsLeft(userOfPage())).map((lesson) => `what you wrote last in “${lesson}”`),
  );
}
