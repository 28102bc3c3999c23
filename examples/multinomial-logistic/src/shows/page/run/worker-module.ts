/** The worker's entry while developing. */
import { serve } from "./worker.ts";

serve(self as never);
