"""What a notebook's page says of itself, above the notebook. In English; a task's catalogue has it in other languages."""

NO_RUN = "No outputs: `course run {run}` has not passed on this version of the notebook. Then `make site` shows its pictures here."
RUN = (
    "The text is what you get: answers and hidden checks are left out. The pictures are what you will see with the answers in "
    "place, from `course run --profile {profile}` on {date} ({device}, {cores} cores, {minutes} minutes)."
)
LIVE = "[This notebook's live page]({page}) needs no install: it computes in your browser."
SAME = "This notebook in English"  # in another language: "this notebook in that language"
NOTES = (NO_RUN, RUN, LIVE, SAME)
