"""service.toml_lines: the line of a clients.toml where a fault stands."""

import pytest

from service.toml_lines import line_of

TEXT = """# clients
[[client]]
name = "A"
issuer = "https://a.example"

[client.codes]
"s|1" = "hb"
name = "hb"

[client.orders.hb]
system = "s"

[[ client ]]
"name" = "B"
orders.hb.system = "x"
"""


@pytest.mark.parametrize(
    ("number", "member", "line"),
    [
        (1, "", 2),
        (1, "name", 3),
        (1, "issuer", 4),
        (1, "codes", 6),
        (1, "orders", 10),
        (1, "system", 2),
        (1, "absent", 2),
        (2, "", 13),
        (2, "name", 14),
        (2, "orders", 15),
        (2, "issuer", 13),
    ],
)
def test_the_line_of_a_member_is_found(number, member, line):
    assert line_of(TEXT, number, member) == line
