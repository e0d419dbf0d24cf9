"""Rules read as sentences, and give exactly what they say."""

import pytest

from app.signon.rules import WrongRuleError, read_rules, values_of, what_is_given


def given(text, **claims):
    return {(each.kind, each.name) for each in what_is_given(read_rules(text), claims)}


def test_a_list_that_contains_the_value_gives():
    rules = 'when groups contains "finance-team" then group "finance"'
    assert given(rules, groups=["x", "finance-team"]) == {("group", "finance")}
    assert given(rules, groups="finance-team") == {("group", "finance")}


@pytest.mark.parametrize(
    "groups", [[], ["finance-team-2"], ["Finance-Team"], "finance", None, {"finance-team": 1}, [["finance-team"]]]
)
def test_anything_else_gives_nothing(groups):
    assert given('when groups contains "finance-team" then group "finance"', groups=groups) == set()


def test_is_wants_that_value_and_no_other():
    rules = 'when department is "IT" then role "operator"'
    assert given(rules, department="IT") == {("role", "operator")}
    assert given(rules, department=["IT", "HR"]) == set()


def test_always_and_each_value():
    assert given('always group "staff"\neach value of groups is a group', groups=["a", "b", ""]) == {
        ("group", "staff"), ("group", "a"), ("group", "b"),
    }  # fmt: skip


def test_values_of_a_claim_never_become_a_role():
    assert given("each value of groups is a group", groups=["admin"]) == {("group", "admin")}
    with pytest.raises(WrongRuleError):
        read_rules("each value of groups is a role")


def test_an_admin_is_made_only_by_a_rule_that_says_so():
    assert given('when groups contains "admin" then group "x"', groups=["admin"]) == {("group", "x")}
    assert given('when groups contains "bosses" then role "admin"', groups=["bosses"]) == {("role", "admin")}


def test_a_dotted_claim_is_a_path_unless_it_is_a_name():
    assert values_of({"realm_access": {"roles": ["a"]}}, "realm_access.roles") == ["a"]
    assert values_of({"https://x.example/groups": ["b"]}, "https://x.example/groups") == ["b"]
    assert values_of({"flag": True}, "flag") == ["true"]


def test_blank_lines_and_remarks_are_left_out():
    assert read_rules("\n# who is who\n\n") == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("give everybody everything", "Line 1 is no rule"),
        ('when groups contains finance then group "x"', "Line 1 is no rule"),
        ('when groups contains "a" then role "emperor"', "the roles are admin"),
        (f'always group "{"x" * 151}"', "longer than 150"),
        ('always group "a" always group "b"', "Line 1 is no rule"),
    ],
)
def test_a_wrong_line_is_named(line, said):
    with pytest.raises(WrongRuleError, match=said):
        read_rules(line)


def test_each_gift_names_its_rule():
    (gift,) = what_is_given(read_rules('always  group   "staff"'), {})
    assert gift.why == 'always group "staff"'
