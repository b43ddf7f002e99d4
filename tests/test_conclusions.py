"""Conclusions: the object, its sentence and its condition agree, and a sentence written by hand with them."""

from itertools import pairwise

import pytest

from livingreview import evidence
from livingreview.evidence import EvidenceError
from livingreview.publish import stated
from livingreview.publish.conclusions import (
    Between,
    Blank,
    Both,
    Compare,
    Count,
    Every,
    Excludes,
    FieldIs,
    Filled,
    Includes,
    Member,
    NoneOf,
    Span,
    computed,
    conclude,
    half,
    interval_in,
    no_difference,
    value_in,
    values_in,
)
from livingreview.publish.record import TEXT, of_conclusion
from livingreview.publish.session import Session

ROW = "impact-scl20-12m-contrast"
ARMS = ("impact-response-12m-cc", "impact-response-12m-control")


@pytest.fixture
def shown():
    outputs = []
    with Session(output=lambda data, metadata: outputs.append((data, metadata))):
        yield outputs


def amount(number, name="the value"):
    return computed(name, number, [ROW])


def span(low, high, null=0.0, better="higher"):
    return Span("the outcome", low, high, null, better, (ROW,))


TRUE = Compare(amount(2), "above", amount(1))
FALSE = Compare(amount(1), "above", amount(2))


@pytest.mark.parametrize(
    ("conclusion", "holds"),
    [
        (Compare(amount(2), "above", amount(1)), True),
        (Compare(amount(1), "above", amount(1)), False),
        (Compare(amount(0), "above", amount(1)), False),
        (Compare(amount(0), "below", amount(1)), True),
        (Compare(amount(1), "below", amount(1)), False),
        (Compare(amount(2), "below", amount(1)), False),
        (Compare(amount(1), "equal", amount(1)), True),
        (Compare(amount(1), "equal", amount(2)), False),
        (Compare(amount("a"), "different", amount("b")), True),
        (Compare(amount(1), "different", amount(1)), False),
        (Compare(amount(1), "near", amount(1.04), within=0.05), True),
        (Compare(amount(1.05), "near", amount(1), within=0.05), False),
        (Compare(amount(1), "near", amount(0.9), within=0.05), False),
        (Excludes(span(0.1, 1)), True),
        (Excludes(span(-1, -0.1)), True),
        (Excludes(span(0, 1)), False),
        (Excludes(span(-1, 0)), False),
        (Excludes(span(0.5, 0.9, 1)), True),
        (Excludes(span(0.1, 1), side="above"), True),
        (Excludes(span(0.1, 1), side="below"), False),
        (Excludes(span(-1, -0.1), side="below"), True),
        (Excludes(span(-1, 1), side="above"), False),
        (Excludes(span(-1, 1), side="below"), False),
        (Excludes(span(0.1, 1), side="benefit"), True),
        (Excludes(span(0.1, 1, better="lower"), side="benefit"), False),
        (Excludes(span(-1, -0.1, better="lower"), side="benefit"), True),
        (Excludes(span(0.1, 1, better="lower"), side="harm"), True),
        (Excludes(span(0.1, 1), side="harm"), False),
        (Excludes(span(1, 2), amount(3)), True),
        (Excludes(span(1, 2), amount(1.5)), False),
        (Excludes(span(1, 2), amount(3), side="above"), False),
        (Includes(span(-1, 1)), True),
        (Includes(span(0.1, 1)), False),
        (Includes(span(1, 2), amount(2)), True),
        (Includes(span(1, 2), amount(2.1)), False),
        (Between(amount(1), amount(1), amount(2)), True),
        (Between(amount(2.1), amount(1), amount(2)), False),
        (Between(amount(0.9), amount(1), amount(2)), False),
        (FieldIs(amount("Usual care"), "usual care"), True),
        (FieldIs(amount("enhanced usual care"), "usual care"), False),
        (FieldIs(amount("enhanced usual care"), "usual care", part=True), True),
        (FieldIs(amount("care"), "usual care", part=True), False),
        (Member(amount("a"), ("a", "b")), True),
        (Member(amount("c"), ("a", "b")), False),
        (Both(TRUE, TRUE), True),
        (Both(TRUE, FALSE), False),
        (Every(TRUE, TRUE), True),
        (Every(FALSE, TRUE), False),
        (NoneOf(FALSE, FALSE), True),
        (NoneOf(FALSE, TRUE), False),
        (Count(TRUE, FALSE, FALSE, how_many="some"), True),
        (Count(FALSE, FALSE, how_many="some"), False),
        (Count(TRUE, FALSE, how_many="several"), False),
        (Count(TRUE, TRUE, how_many="several"), True),
        (Count(TRUE, FALSE, how_many="most"), False),
        (Count(TRUE, TRUE, FALSE, how_many="most"), True),
        (Count(TRUE, FALSE, how_many=1), True),
        (Count(TRUE, TRUE, how_many=1), False),
        (Blank(["champ-cc", "champ-control"], ["n"]), True),
        (Blank(["champ-cc", "claro-cc"], ["n"]), False),
        (Filled(["claro-cc", "claro-control"], ["n"]), True),
        (Filled(["claro-cc", "champ-cc"], ["n"]), False),
    ],
)
def test_a_conclusion_holds_where_the_values_bear_it_out(conclusion, holds, shown):
    assert conclusion.holds is holds
    if holds:
        conclude(conclusion)
        assert shown[0][0] == {TEXT: conclusion.sentence}
        return
    with pytest.raises(AssertionError, match="no longer holds"):
        conclude(conclusion)
    assert not shown
    assert conclusion.now != conclusion.sentence


@pytest.mark.parametrize("row", list(evidence.load().results.index[evidence.load().results["ci_low"].notna()])[:60])
def test_one_sentence_of_an_interval_is_true_and_it_is_the_one_that_is_told(row):
    found = interval_in(row)
    if found.null is None:
        with pytest.raises(ValueError, match="no value of no difference"):
            Excludes(found)
        return
    every = [Excludes(found, side="above"), Excludes(found, side="below"), Includes(found)]
    assert sum(conclusion.holds for conclusion in every) == 1
    assert len({conclusion.sentence for conclusion in every}) == 3
    assert len({conclusion.now for conclusion in every}) == 1


@pytest.mark.parametrize("strange", [True, False, "yes", 1, None])
def test_a_condition_is_no_conclusion(strange, shown):
    with pytest.raises(TypeError, match="must be an object"):
        conclude(strange, "More people responded.")
    if isinstance(strange, bool):
        with pytest.raises(TypeError, match="compares amounts or words"):
            computed("it", strange, [ROW])
        with pytest.raises(TypeError, match="parts must be conclusions, found bool"):
            Every(TRUE, strange)


@pytest.mark.parametrize("several", [Both, Every, NoneOf])
def test_nothing_is_concluded_from_nothing(several):
    with pytest.raises(TypeError, match="found none"):
        several()
    with pytest.raises(ValueError, match="at least one row"):
        Blank([], ["n"])
    with pytest.raises(ValueError, match="one of at least one"):
        Member(amount("a"), ())


def test_a_gap_is_not_compared():
    with pytest.raises(AssertionError, match="lost a value: champ-cc, n is blank"):
        value_in("champ-cc", "n")
    with pytest.raises(AssertionError, match="lost its interval: impact-response-12m-cc has none"):
        interval_in("impact-response-12m-cc")
    with pytest.raises(EvidenceError, match="No row of the evidence is called 'impact-999'"):
        conclude(Compare(computed("it", 2, ["impact-999"]), "above", amount(1)))


def test_what_is_asked_for_must_be_possible():
    with pytest.raises(ValueError, match="relation must be one of"):
        Compare(amount(1), "larger", amount(2))
    with pytest.raises(ValueError, match="within what"):
        Compare(amount(1), "near", amount(2))
    with pytest.raises(ValueError, match="which direction is better"):
        Excludes(span(1, 2, better=""), side="benefit")
    with pytest.raises(ValueError, match="use Blank"):
        FieldIs(amount("a"), "")
    with pytest.raises(ValueError, match="no value of no difference"):
        no_difference("impact-response-12m-cc")


def test_a_conclusion_that_fails_names_its_sentence_its_cells_and_what_is_true():
    with pytest.raises(AssertionError) as caught:
        conclude(Excludes(interval_in(ROW), side="above"), "Symptoms were higher at 12 months.")
    assert str(caught.value) == (
        "This conclusion no longer holds: 'Symptoms were higher at 12 months.' "
        "The data say: impact-scl20-12m-contrast, ci_low and ci_high: -0.46 to -0.33. "
        "True is: 'The interval of depression severity at 12 months, -0.46 to -0.33, lies below no difference.' "
        'Write that sentence, with side="below" for side="above" in its condition, or correct the data.'
    )
    with pytest.raises(
        AssertionError, match="impact-response-12m-cc, estimate: 45; impact-response-12m-control, estim"
    ):
        conclude(Compare(value_in(ARMS[0]), "below", value_in(ARMS[1])))


@pytest.mark.parametrize(
    ("conclusion", "change"),
    [
        (Compare(amount(1), "above", amount(2)), '"below" for "above"'),
        (Compare(amount(1), "equal", amount(2)), '"below" for "equal"'),
        (Excludes(span(-1, 2)), "Includes(...) for Excludes(...)"),
        (Excludes(span(1, 2), side="below"), 'side="above" for side="below"'),
        (Excludes(span(1, 2), side="harm"), 'side="benefit" for side="harm"'),
        (Excludes(span(-1, 2), side="below"), "Includes(...) for Excludes(...)"),
        (Includes(span(1, 2)), 'Excludes(..., side="above") for Includes(...)'),
        (FieldIs(amount("supported"), "contradicted"), '"supported" for "contradicted"'),
        (Both(TRUE, Includes(span(1, 2))), 'Excludes(..., side="above") for Includes(...)'),
        (NoneOf(TRUE), ""),
    ],
)
def test_a_conclusion_that_fails_names_the_condition_that_holds(conclusion, change):
    assert not conclusion.holds
    assert conclusion.instead == change


def test_a_conclusion_carries_the_rows_that_it_rests_on(shown):
    every = Every(*(Compare(value_in(row), "above", half(0)) for row in (*ARMS, *ARMS)))
    conclude(every)
    assert shown == [({TEXT: every.sentence}, of_conclusion(ARMS, True))]


def test_a_session_that_asserts_nothing_keeps_whether_a_conclusion_holds():
    kept = []
    with Session(output=lambda data, metadata: kept.append(metadata), asserting=False):
        conclude(FALSE, "It holds.")
        conclude(TRUE)
    assert kept == [of_conclusion([ROW], False), of_conclusion([ROW], True)]


def test_an_interval_that_is_not_printed_follows_from_the_p_value():
    assert interval_in("claro-phq9-6m-contrast").text == "-2.29447 to 0.294473"


RESPONSE = Compare(value_in(ARMS[0]), "above", value_in(ARMS[1]))
SYMPTOMS = Excludes(interval_in(ROW), side="benefit")
MENTAL = Includes(interval_in("champ-vr12-contrast"))
NEITHER = Blank(["champ-cc", "champ-control"], ["n"])


@pytest.mark.parametrize(
    ("conclusion", "sentence"),
    [
        (RESPONSE, "More people responded with collaborative care than with usual care at 12 months."),
        (RESPONSE, "In IMPACT a larger share responded after 1 year."),
        (Compare(value_in(ARMS[0]), "below", half(100)), "Fewer than half of the people responded."),
        (SYMPTOMS, "At 12 months the interval favors collaborative care over usual care."),
        (SYMPTOMS, "Symptoms were lower with collaborative care than with usual care."),
        (MENTAL, "CHAMP: mental health did not differ significantly."),
        (NEITHER, "The size of neither arm could be read."),
        (NoneOf(MENTAL, Includes(interval_in("claro-phq9-6m-contrast"))), "No interval includes no difference."),
        (Count(RESPONSE, RESPONSE, how_many="most"), "In most of them more people responded."),
        (FieldIs(value_in("champ", "comparator"), "active", part=True), "The comparator was active."),
    ],
)
def test_a_sentence_written_by_hand_says_what_is_compared(conclusion, sentence):
    assert stated.faults(sentence, conclusion.sense, conclusion.rows, evidence.load()) == []


@pytest.mark.parametrize(
    ("conclusion", "sentence", "fault"),
    [
        (RESPONSE, "Fewer people responded with collaborative care than with usual care.", "'Fewer' is not what"),
        (RESPONSE, "People responded with collaborative care.", "must say one of benefit, up"),
        (RESPONSE, "No more people responded with collaborative care.", "must not have a negation"),
        (RESPONSE, "More people responded with usual care than with collaborative care.", "must be exchanged"),
        (RESPONSE, "More people responded than with enhanced usual care.", "'enhanced usual care' is no arm"),
        (RESPONSE, "More people responded at 24 months.", "'24 months' is no time of its rows"),
        (RESPONSE, "More people responded at 12 weeks.", "'12 weeks' is no time of its rows"),
        (RESPONSE, "CLARO: more people responded.", "'CLARO' is no trial of its rows"),
        (RESPONSE, "Most people responded, more than with usual care.", "'Most' is not what"),
        (RESPONSE, "More people responded in every group.", "'every' is not what"),
        (RESPONSE, "Significantly more people responded.", "'Significantly' is not what"),
        (SYMPTOMS, "At 12 months symptoms were worse.", "'worse' is not what"),
        (SYMPTOMS, "The interval favors usual care.", "'favors usual care' is not what"),
        (SYMPTOMS, "Symptoms did not differ significantly.", "'did not differ significantly' is not what"),
        (MENTAL, "Mental health was better.", "'better' is not what"),
        (MENTAL, "Mental health differed significantly.", "'differed significantly' is not what"),
        (NEITHER, "The size of both arms could be read.", "must have a negation"),
        (NoneOf(MENTAL), "The interval includes no difference.", "must have a negation"),
        (Both(RESPONSE, MENTAL), "More people responded.", "must say one of includes"),
        (RESPONSE, "More than a fifth responded.", "'fifth' is not what"),
        (RESPONSE, "Twice as many responded, more than half.", "'Twice' is not what"),
        (RESPONSE, "More than half responded.", "'half' is not what"),
        (Compare(value_in(ARMS[0]), "below", half(100)), "Fewer than a third responded.", "'third' is not what"),
        (Count(RESPONSE, RESPONSE, how_many="most"), "More people responded.", "must say one of most"),
        (Count(RESPONSE, RESPONSE, how_many="several"), "More people responded.", "must say one of some"),
        (Every(RESPONSE, SYMPTOMS), "More people responded.", "must say one of benefit, different, down"),
        (
            FieldIs(value_in("champ-claim-enrolling-patients", "verdict"), "supported"),
            "It is overstated.",
            "overstated",
        ),
    ],
)
def test_a_sentence_that_says_something_else_is_refused(conclusion, sentence, fault):
    if not conclusion.holds:
        faults = stated.faults(sentence, conclusion.sense, conclusion.rows, evidence.load())
        assert fault in "; ".join(faults)
        return
    with pytest.raises(AssertionError) as caught:
        conclude(conclusion, sentence)
    assert fault in str(caught.value)
    assert f"What is compared says: '{conclusion.sentence}'" in str(caught.value)


def test_the_arms_of_a_comparison_that_starts_from_the_comparator_stand_the_other_way_round():
    reverse = Compare(value_in(ARMS[1]), "below", value_in(ARMS[0]))
    sense = reverse.sense
    good = "Fewer people responded with usual care than with collaborative care."
    bad = "Fewer people responded with collaborative care than with usual care."
    assert stated.faults(good, sense, reverse.rows, evidence.load()) == []
    assert "must be exchanged" in stated.faults(bad, sense, reverse.rows, evidence.load())[0]


def test_values_of_several_rows_keep_their_order():
    first, second = values_in(ARMS)
    assert (first.rows, second.rows) == ((ARMS[0],), (ARMS[1],))
    assert all(a.number > b.number for a, b in pairwise([first, second]))
    assert value_in(ROW).size.number == -value_in(ROW).number
