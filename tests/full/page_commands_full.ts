/** The commands of all pages but those that a newcomer types first, which are in tests/docs. */

import { readFirst, testPages } from "../docs/page_commands.ts";

testPages((name) => !readFirst(name));
