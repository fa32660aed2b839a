// Help, the sampling planner, and short messages.

const KEYS = [
  ["j / k", "keys_doubtful"], ["J / K", "keys_all"], ["n / p", "keys_report"], ["a", "keys_accept"], ["x", "keys_remove"],
  ["1 … 9 0", "keys_category"], [", .", "keys_start"], ["< >", "keys_end"], ["c", "keys_clear"], ["u", "keys_undo"],
  ["d", "keys_done"], ["/", "keys_search"], ["b", "keys_list"], ["?", "keys_help"],
];

function showHelp() {
  const rows = KEYS.map(([keys, what]) => make("tr", {}, make("th", { scope: "row" }, make("kbd", {}, keys)), make("td", {}, t(what))));
  $("keys").replaceChildren(...rows);
  $("helping").showModal();
}

let toastTimer = null;
/** Say something at the lower edge for some seconds. */
function say(text) {
  const toast = $("toast");
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.classList.remove("shown"), 5000);
}

/** A rate as a percentage with three figures that count. */
const percent = (rate) => `${(100 * rate).toLocaleString(LANGUAGES[language], { maximumSignificantDigits: 3 })} %`;

/** Say what the sample must be, and what those reports prove that were read as a whole. */
function plan(read, leaks) {
  const { sample, total, seed } = data.run;
  $("kind").textContent = sample === null ? t("plan_riskiest") : t("plan_sample", { sample, total, seed });
  $("kind").className = sample === null ? "warning" : "";
  const bound = Number($("bound").value) / 100;
  const confidence = Number($("confidence").value) / 100;
  const allowed = Number($("allowed").value);
  if (![$("bound"), $("confidence"), $("allowed")].every((field) => field.value !== "" && field.checkValidity())) {
    $("needed").textContent = t("plan_unusable");
    $("reached").textContent = "";
    return;
  }
  const needed = reportsNeeded(bound, confidence, allowed);
  $("needed").textContent = t(needed > total ? "plan_too_few" : "plan_needed", { needed, allowed, total, bound: percent(bound), confidence: percent(confidence) });
  const words = { read, leaks, confidence: percent(confidence) };
  if (!read) $("reached").textContent = t("plan_none_read");
  else {
    const exact = t("plan_reached", { ...words, upper: percent(upperBound(leaks, read, confidence)) });
    $("reached").textContent = leaks ? exact : `${exact} ${t("plan_three", { upper: percent(ruleOfThree(read, confidence)) })}`;
  }
}
