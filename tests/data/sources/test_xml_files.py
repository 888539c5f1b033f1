import pytest

from hachi_tf.data.sources.xml_files import parse_xml
from hachi_tf.errors import UserError


def tags(content):
    found = []
    parse_xml(content, "a.xml", lambda tag, attributes: found.append((tag, attributes)))
    return found


def test_elements_come_in_order_with_their_attributes():
    assert tags(b'<a x="1"><b/><c y="\xc3\xa9"/></a>') == [
        ("a", {"x": "1"}),
        ("b", {}),
        ("c", {"y": "é"}),
    ]


def test_a_doctype_with_attribute_lists_is_taken():
    content = b'<!DOCTYPE a [<!ATTLIST a kind CDATA #FIXED "k">]><a/>'
    assert tags(content) == [("a", {"kind": "k"})]


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;">]><a>&m;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY % p "<!ATTLIST a b CDATA #IMPLIED>"> %p;]><a/>',
    ],
)
def test_entities_are_refused(content):
    with pytest.raises(UserError, match=r"entity.*a\.xml"):
        tags(content)


def test_an_external_doctype_is_not_fetched():
    content = b'<!DOCTYPE a SYSTEM "file:///no/such.dtd"><a/>'
    assert tags(content) == [("a", {})]


@pytest.mark.parametrize(
    "content",
    [b"", b"<a>", b"<a></b>", b"PK\x03\x04", b"<a/><b/>", b"<a>&what;</a>", b"\x00" * 9]
    + [b'<?xml version="1.0" encoding="what"?><a/>', b"<a \xff='1'/>"],
)
def test_what_is_no_xml_is_refused_by_name(content):
    with pytest.raises(UserError, match=r"a\.xml"):
        tags(content)


def test_a_missing_attribute_is_named():
    with pytest.raises(UserError, match=r"'x'.*a\.xml"):
        parse_xml(b"<a/>", "a.xml", lambda tag, attributes: attributes["x"])
