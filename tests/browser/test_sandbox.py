"""The sandbox as people use it: choose, read, accept, sign."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.service.asking import ROOT

CARD = ".card"
ALL_IS_WELL = re.compile("signed|signerade|underskrevet")


def topics(page):
    page.wait_for_selector("#stage .card, #stage .silence, #stage .problem")
    return [card.get_attribute("data-topic") for card in page.locator(CARD).all()]


def choose(page, case):
    page.locator(f'[data-case="{case}"]').click()
    return topics(page)


def fired(page, act):
    """Do something and give the request and the answer of the hook that it fires."""
    with page.expect_response(re.compile(r"/cds-services/[\w-]+$")) as caught:
        act()
    return caught.value.request.post_data_json, caught.value.json()


# The whole way: which suggestion of the patient's card is taken, what order-sign then says.
WAYS = [
    ("aos-complete", ["aosReady"], 0, []),
    ("aos-gaps", ["aosMissing"], 1, ["aosMissing"]),
    ("cup-earlier-cancer", ["cupRefer"], 0, []),
    ("dk-neck-node", ["dkRoute"], 0, []),
    ("dk-liver-afp", ["dkRoute", "dkMarkers"], 0, []),
]


@pytest.mark.parametrize(("case", "shown", "taken", "signing"), WAYS)
def test_from_the_chart_to_the_signed_referral(look, keep, case, shown, taken, signing):
    page = look("?language=en")
    assert choose(page, case) == shown
    keep(page, f"{case}-view")
    with page.expect_request(re.compile("/feedback$")) as told:
        page.locator(".suggestions button").nth(taken).click()
    entry = told.value.post_data_json["feedback"][0]
    assert entry["outcome"] == "accepted"
    assert entry["acceptedSuggestions"][0]["id"]
    expect(page.locator(".draft")).to_have_count(1)
    request, answer = fired(page, page.locator("#sign").click)
    assert request["hook"] == "order-sign"
    assert len(request["context"]["draftOrders"]["entry"]) == 1
    page.wait_for_selector("#sign-now")
    found = [card["source"]["topic"]["code"] for card in answer["cards"]]
    assert [topic for topic in found if topic in signing] == signing
    keep(page, f"{case}-sign")
    page.locator("#sign-now").click()
    expect(page.locator("#stage")).to_contain_text(ALL_IS_WELL)
    expect(page.locator(".draft")).to_have_count(0)


def test_a_draft_begun_is_filled_in_at_signing(look):
    page = look("?language=en&patient=aos-complete")
    topics(page)
    page.get_by_role("button", name="Take up the draft begun").click()
    _, answer = fired(page, page.locator("#sign").click)
    assert [card["source"]["topic"]["code"] for card in answer["cards"]] == ["aosCheck"]
    page.locator(".suggestions button").first.click()
    expect(page.locator(".draft.updated")).to_contain_text("Filled in:")
    expect(page.locator(".draft")).to_have_count(1)


def test_a_result_too_old_is_ordered_beside_the_referral_and_both_are_signed(look, keep):
    page = look("?language=en&patient=aos-stale-boundary")
    topics(page)
    page.get_by_role("button", name="Take up the draft begun").click()
    _, answer = fired(page, page.locator("#sign").click)
    assert [card["source"]["topic"]["code"] for card in answer["cards"]] == ["aosMissing"]
    expect(page.locator(CARD)).to_contain_text("ferritin")
    page.get_by_role("button", name="Order ferritin").click()
    page.get_by_role("button", name="Complete the referral from the record").click()
    expect(page.locator(".draft.updated")).to_contain_text("Filled in:")
    expect(page.locator(".draft:not(.updated)", has_text="Ferritin")).to_be_visible()
    page.get_by_role("button", name="Sign as it stands (3)").click()
    expect(page.locator("#stage")).to_contain_text(ALL_IS_WELL)
    expect(page.locator(".draft")).to_have_count(0)
    request, _ = fired(page, page.get_by_role("button", name="Open the chart again").click)
    orders = [e["resource"] for e in request["prefetch"]["serviceRequests"]["entry"]]
    assert {order["status"] for order in orders} == {"active"}
    assert [order["code"]["text"] for order in orders][1:] == ["Ferritin"]
    assert orders[0]["supportingInfo"], "as it was filled in"
    assert topics(page) == ["duplicate"]
    keep(page, "aos-stale-boundary-signed")


def test_what_was_signed_is_seen_when_the_chart_is_opened_again(look):
    page = look("?language=en&patient=aos-complete")
    topics(page)
    page.locator(".suggestions button").first.click()
    page.locator("#sign").click()
    page.locator("#sign-now").click()
    page.get_by_role("button", name="Open the chart again").click()
    expect(page.locator('[data-topic="duplicate"]')).to_be_visible()


def test_a_child_gets_no_draft(look, keep):
    page = look("?language=en")
    assert choose(page, "under-age") == ["underAge"]
    assert page.locator(".card.critical").count() == 1
    assert page.locator(".suggestions").count() == 0
    keep(page, "under-age")


def test_a_card_is_overridden_with_a_reason_and_not_said_again(look):
    page = look("?language=en&patient=aos-calcium-computed")
    assert topics(page) == ["aosReady"]
    page.get_by_text("Dismiss", exact=True).click()
    page.get_by_label("Comment").fill("Seen at the hospital")
    with page.expect_response(re.compile("/feedback$")) as told:
        page.get_by_role("button", name="Dismiss the advice").click()
    entry = told.value.request.post_data_json["feedback"][0]
    assert told.value.status == 200
    assert entry["outcome"] == "overridden"
    assert set(entry["overrideReason"]["reason"]) == {"code", "system"}
    assert entry["overrideReason"]["userComment"] == "Seen at the hospital"
    expect(page.locator(".overridden .done")).to_be_visible()
    _, answer = fired(page, page.get_by_role("button", name="Ask again").click)
    assert answer["cards"] == []
    expect(page.locator(".silence")).to_be_visible()


def test_a_draft_is_edited_and_removed(look):
    page = look("?language=en&patient=aos-complete")
    topics(page)
    page.locator(".suggestions button").first.click()
    draft = page.locator(".draft")
    draft.locator("summary").click()
    draft.locator('[name="priority"]').select_option("stat")
    draft.locator('[name="reason"]').fill("Fatigue\nWeight loss of ten kilos")
    draft.get_by_role("button", name="Save").click()
    request, _ = fired(page, page.locator("#sign").click)
    (entry,) = request["context"]["draftOrders"]["entry"]
    assert entry["resource"]["priority"] == "stat"
    reasons = [reason["text"] for reason in entry["resource"]["reasonCode"]]
    assert reasons == ["Fatigue", "Weight loss of ten kilos"]
    page.get_by_role("button", name="Back").click()
    page.locator(".draft").get_by_role("button", name="Remove").click()
    expect(page.locator(".draft")).to_have_count(0)


def test_a_series_opens_with_all_its_results(look):
    page = look("?language=en&patient=aos-gaps")
    topics(page)
    toggle = page.locator(".trend-toggle").first
    assert "B-SR" in toggle.locator("svg").get_attribute("aria-label")
    toggle.click()
    expect(page.locator(".more:not([hidden]) .series li").first).to_contain_text("62")


def test_behind_the_scenes_tells_what_was_sent_and_why(look, keep):
    page = look("?language=en&patient=aos-gaps")
    topics(page)
    assert page.locator("#backstage").is_hidden()
    page.get_by_role("button", name="Behind the scenes").click()
    scenes = page.locator("#backstage")
    expect(scenes).to_contain_text("HTTP 200")
    expect(scenes).to_contain_text("Why: aosMissing")
    expect(scenes.locator(".tree")).to_contain_text("weight_loss")
    scenes.locator(".tree").get_by_role("button", name=re.compile("weight-loss")).first.click()
    expect(page.locator("tr.shown")).to_contain_text("viktnedgång")
    expect(page.locator("tr.shown")).to_be_focused()
    scenes.locator("summary", has_text="Request").click()
    expect(scenes.locator("pre").first).to_contain_text('"hook": "patient-view"')
    keep(page, "behind-the-scenes")


def switched(page, **switches):
    page.get_by_role("button", name="Settings").click()
    settled = None
    for name, value in switches.items():
        field = page.locator(f'#settings [name="{name}"]')
        act = (
            field.check
            if value is True
            else lambda field=field, value=value: field.select_option(value)
        )
        settled = fired(page, act)
    return settled


@pytest.mark.parametrize("switches", [{"withhold": True}, {"paged": True, "locked": True}])
def test_what_the_ehr_withholds_is_fetched_from_it(look, switches):
    page = look("?language=en&patient=aos-gaps")
    assert topics(page) == ["aosMissing"]
    whole = page.locator("#stage h3").inner_text()
    request, _ = switched(page, **switches)
    assert ("prefetch" not in request) == ("withhold" in switches)
    expect(page.locator("#stage h3")).to_have_text(whole)
    page.get_by_role("button", name="Behind the scenes").click()
    page.locator("#backstage summary", has_text="Fetched").click()
    expect(page.locator(".fetched")).to_contain_text("Observation?patient=pat-aos-gaps")


def test_an_ehr_that_does_not_answer_in_time_gets_no_advice_to_rely_on(look):
    page = look("?language=en&patient=aos-gaps")
    topics(page)
    page.get_by_role("button", name="Settings").click()
    page.locator('#settings [name="pace"]').select_option("silent")
    expect(page.get_by_role("alert")).to_contain_text("412")


def test_an_ehr_that_is_slow_gets_the_advice_of_one_that_is_not(browser, unhurried_site):
    page = browser.new_context().new_page()
    page.goto(f"{unhurried_site}/sandbox/?language=en&patient=aos-gaps")
    assert topics(page) == ["aosMissing"]
    whole = page.locator("#stage h3").inner_text()
    request, answer = switched(page, withhold=True, pace="slow")
    assert request["fhirServer"].endswith("/sandbox/fhir/with/slow")
    assert not answer["cards"][0]["extension"]["vidare.assessment"].get("notChecked")
    expect(page.locator("#stage h3")).to_have_text(whole)
    page.get_by_role("button", name="Behind the scenes").click()
    page.locator("#backstage summary", has_text="Fetched").click()
    expect(page.locator(".fetched")).to_contain_text("Observation?patient=pat-aos-gaps")
    page.context.close()


def test_the_ehr_may_fail_and_nothing_is_called_missing(look):
    page = look("?language=en&patient=aos-gaps")
    topics(page)
    request, answer = switched(page, pace="failing", locked=True)
    assert "observations" not in request["prefetch"]
    assert request["fhirServer"].endswith("/sandbox/fhir/with/failing+locked")
    assert "aosMissing" not in json.dumps(answer)


def test_a_refused_call_is_never_shown_as_no_advice(look, site):
    page = look("?language=en")
    refusal = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "Needed: patient"}]}
    page.route("**/cds-services/svf-*", lambda route: route.fulfill(status=412, json=refusal))
    choose(page, "aos-gaps")
    expect(page.get_by_role("alert")).to_contain_text("412")
    expect(page.get_by_role("alert")).to_contain_text("Needed: patient")
    assert page.locator(".silence").count() == 0


def test_ones_own_record_is_judged_with_findings_beside_it(look, keep):
    record = json.loads((ROOT / "fhir_examples" / "aos-gaps" / "record.json").read_text("utf-8"))
    record["entry"][0]["resource"]["gender"] = 7
    page = look("?language=en")
    page.get_by_text("Your own record").click()
    page.get_by_label("or paste JSON").fill(json.dumps(record))
    page.get_by_role("button", name="Judge").click()
    topics(page)
    expect(page.locator(".findings")).to_contain_text("Patient/pat-aos-gaps")
    expect(page.locator(".findings")).to_contain_text("gender")
    expect(page.locator(".facts")).to_contain_text("sex unknown")
    keep(page, "own-record")


def test_what_is_no_record_is_said(look):
    page = look("?language=en")
    page.get_by_text("Your own record").click()
    page.get_by_label("or paste JSON").fill("not json")
    page.get_by_role("button", name="Judge").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be read")


def test_the_keyboard_is_enough(look):
    page = look("?language=en")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    reach(page, '[data-case="aos-complete"]')
    page.keyboard.press("Enter")
    topics(page)
    expect(page.locator("#heading")).to_be_focused()
    reach(page, ".suggestions button")
    page.keyboard.press("Enter")
    expect(page.locator(".draft")).to_have_count(1)
    expect(page.locator("#live")).to_contain_text("1 drafts added")
    reach(page, "#sign")
    page.keyboard.press("Enter")
    expect(page.locator("#stage-heading")).to_be_focused()
    reach(page, "#sign-now")
    page.keyboard.press("Enter")
    expect(page.locator("#stage")).to_contain_text(ALL_IS_WELL)


def reach(page, selector, limit=120):
    """Press Tab until an element that fits has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"{selector} is not reached by Tab")


LOOKS = [
    ("sv", 1440, "light"),
    ("da", 1440, "dark"),
    ("en", 320, "light"),
    ("sv", 320, "dark"),
    ("en", 900, "light"),
]


@pytest.mark.parametrize(("language", "width", "scheme"), LOOKS)
def test_nothing_bars_anyone(look, keep, language, width, scheme):
    page = look(f"?language={language}", width=width, height=900, color_scheme=scheme)
    barred(page)
    page.goto(f"{page.url}&patient=aos-gaps")
    topics(page)
    page.locator(".suggestions button").nth(1).click()
    page.locator("#backstage-toggle").click()
    page.locator("#settings-toggle").click()
    page.locator("details").evaluate_all("nodes => nodes.forEach((node) => (node.open = true))")
    page.locator(".trend-toggle").first.click()
    barred(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    labs = page.locator(".labs .scroll")
    assert labs.evaluate("box => box.scrollWidth <= box.clientWidth"), "the table is cut off"
    keep(page, f"page-{language}-{width}-{scheme}")


@pytest.mark.parametrize(
    "case", ["aos-complete", "aos-messy-record", "cup-earlier-cancer", "dk-liver-afp"]
)
def test_long_words_are_not_wider_than_a_telephone(look, keep, case):
    page = look(f"?language=da&patient={case}", width=320, height=900, color_scheme="dark")
    topics(page)
    page.locator("details").evaluate_all("nodes => nodes.forEach((node) => (node.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    keep(page, f"narrow-{case}")


@pytest.mark.parametrize("language", ["sv", "da", "en"])
def test_the_page_that_says_how_to_connect(look, keep, language):
    page = look(f"connect?language={language}", width=800, height=900)
    barred(page)
    keep(page, f"connect-{language}")
    narrow = look(f"connect?language={language}", width=320)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320


def test_signed_calls_are_verified_and_unsigned_ones_refused(browser, guarded_site):
    page = browser.new_context().new_page()
    page.goto(f"{guarded_site}/sandbox/?language=en&patient=aos-complete")
    assert topics(page) == ["aosReady"]
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Sign the calls").uncheck()
    expect(page.get_by_role("alert")).to_contain_text("401")
    page.context.close()


def test_an_ehr_in_another_page_goes_the_same_way(browser, site, elsewhere):
    """As the CDS Hooks sandbox does: discovery, FHIR by POST, a hook call, from another origin."""
    page = browser.new_context().new_page()
    page.goto(elsewhere)
    found = page.evaluate(ANOTHER_EHR, site)
    page.context.close()
    assert [service["id"] for service in found["services"]][:1] == ["svf-patient-view"]
    assert found["observations"]["resourceType"] == "Bundle"
    assert [card["source"]["topic"]["code"] for card in found["cards"]] == ["aosMissing"]
    assert found["feedback"] == {"status": 200, "type": "cors"}


ANOTHER_EHR = """
async (site) => {
  const json = { "Content-Type": "application/json", Authorization: "Bearer not-verified-here" };
  const { services } = await (await fetch(`${site}/cds-services`, { headers: json })).json();
  const service = services.find((s) => s.hook === "patient-view");
  const fhir = `${site}/sandbox/fhir`;
  const prefetch = {};
  for (const [key, template] of Object.entries(service.prefetch)) {
    const query = template.replace("{{context.patientId}}", "pat-aos-gaps")
      .replace("{{context.userId}}", "PractitionerRole/role-gp");
    const [path, parameters] = query.split("?");
    const headers = { Accept: "application/json+fhir" };
    const response = parameters === undefined ? await fetch(`${fhir}/${path}`, { headers })
      : await fetch(`${fhir}/${path}/_search`, { method: "POST", headers,
        body: new URLSearchParams(parameters) });
    if (response.ok) prefetch[key] = await response.json();
  }
  const call = { hook: service.hook, hookInstance: crypto.randomUUID?.() ?? "one", fhirServer: fhir,
    context: { patientId: "pat-aos-gaps", userId: "PractitionerRole/role-gp" }, prefetch };
  const answer = await fetch(`${site}/cds-services/${service.id}`, { method: "POST", headers: json,
    body: JSON.stringify(call) });
  const { cards } = await answer.json();
  const told = { feedback: [{ card: cards[0].uuid, outcome: "accepted",
    acceptedSuggestions: [{ id: cards[0].suggestions[0].uuid }],
    outcomeTimestamp: new Date().toISOString() }] };
  const feedback = await fetch(`${site}/cds-services/${service.id}/feedback`, { method: "POST",
    headers: json, body: JSON.stringify(told) });
  return { services, cards, observations: prefetch.observations,
    feedback: { status: feedback.status, type: feedback.type } };
}
"""


def barred(page):
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", ["sv", "da", "en"])
def test_the_whole_page_speaks_one_language(look, language):
    page = look(f"?language={language}&patient=aos-complete")
    topics(page)
    words = {"sv": "Förbered", "da": "Klargør", "en": "Prepare"}
    expect(page.locator(".suggestions button").first).to_contain_text(words[language])
    page.locator(f'[data-language="{"en" if language == "sv" else "sv"}"]').click()
    page.wait_for_url(re.compile("patient=aos-complete"))
    assert topics(page) == ["aosReady"]
