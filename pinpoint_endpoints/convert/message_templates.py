"""Convert message templates for Amazon Connect and for Amazon SES.

Connect: variables are renamed by AWS's rule, "follow the mappings you did when you mapped endpoints
to profiles, prefixed with Attributes.Customer"; the mapping is that of `customer-profiles`. Source:
AWS, Amazon Pinpoint end of support, and botocore's model of qconnect, "CreateMessageTemplate".
SES: variables stay; TemplateData has the members of an endpoint. Source: AWS, Amazon SES Developer
Guide, "Advanced email personalization", and botocore's model of sesv2, "CreateEmailTemplate".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from operator import itemgetter
from pathlib import PurePath
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.checks.templates import document_problems, path_of
from pinpoint_endpoints.convert.account import Account, Action, Rule
from pinpoint_endpoints.convert.formats import ConvertOptions
from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.convert.template_formats import CONNECT_RULES, SES_RULES
from pinpoint_endpoints.convert.user_endpoint import text_of
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.json_reader import as_json
from pinpoint_endpoints.documents.load import is_unread, of_any_kind
from pinpoint_endpoints.documents.model import Document, Problem
from pinpoint_endpoints.documents.stack_functions import is_function, text_of_function
from pinpoint_endpoints.documents.template_shapes import TEMPLATE_SHAPES
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.masking import shown_member
from pinpoint_endpoints.templates.model import Place, Variable
from pinpoint_endpoints.templates.places import place_in_text
from pinpoint_endpoints.templates.read import Part, Template, ValueName, templates_in
from pinpoint_endpoints.templates.render import Compiled, compile_part

CUSTOMER = ("Attributes", "Customer")
_IN_PROFILE: Mapping[ValueName, tuple[str, ...]] = {
    ("User", "UserId"): ("AccountNumber",),
    ("Location", "City"): ("City",),
    ("Location", "Country"): ("Country",),
    ("Location", "PostalCode"): ("PostalCode",),
    ("Location", "Region"): ("State",),
    ("OptOut",): ("Attributes", "PinpointOptOut"),
    ("EffectiveDate",): ("Attributes", "PinpointEffectiveDate"),
}
_ADDRESSES = {"EMAIL": "EmailAddress", "SMS": "PhoneNumber"}
_WITH_PREFIX = ("Metrics", "Demographic", "Location")
_NOT_IN_PROFILE = {"Id", "Address", "ChannelType", "CreationDate", "EndpointStatus", "RequestId"}
_RECOMMENDATIONS = {"RecommendationItems", "Recommendations"}
_OF_CATALOG_ITEMS = frozenset(
    {"Id", "Name", "Code", "Type", "Category", "Description", "ImageLink", "Link", "Price"}
)
_PLATFORMS = {"APNS": "apns", "GCM": "fcm", "ADM": "adm", "Baidu": "baidu"}
_WITH_TEXTS = {"EMAIL", "SMS", "PUSH"}
_NESTED = {"Body", "RawContent"}
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_NOT_IN_FILE_NAMES = re.compile(r"^[.-]+|[^A-Za-z0-9_.-]+")
_READABLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_CONNECT_TEXT = re.compile(r"[a-zA-Z0-9\s_.,-]")
"""How names and descriptions begin in Connect."""

_MAX_DESCRIPTION = 255
_MAX_SES_TEMPLATE_BYTES = 500 * 1024


class _Found(NamedTuple):
    """A template in a document.

    Attributes:
        document: the document.
        template: the template.
        name: its own, or that of the file.
    """

    document: Document
    template: Template
    name: str

    def raw(self, pointer: str) -> Any:
        """Return the value at a JSON pointer."""
        value: Any = self.document.value
        for step in path_of(pointer, value):
            value = value[step]
        return value

    def place(self, part: Part, place: Place) -> str:
        """Return where a range of a part is, as `file:line:column`."""
        document = self.document
        path = (*document.path, *path_of(part.pointer, document.value))
        span = place_in_text(document.locator.map, path, part.text, place.start, place.end)
        return f"{document.source}:{span.line}:{span.column}"


def templates_of(
    documents: Iterable[Document], reject: Callable[[Document, list[Problem]], None]
) -> Iterator[Document]:
    """Yield the documents that have templates which can be read.

    Args:
        documents: from `load`; what is no template is left out.
        reject: called with those that cannot be read.

    Raises:
        CannotRun: after the last one, if there was nothing else than texts that cannot be read, or
            no template.
    """
    unread = ""
    found = False
    for document in of_any_kind(documents):
        is_template = document.shape in TEMPLATE_SHAPES
        if not is_template and not is_unread(document):
            continue
        problems = document_problems(document) if is_template else [*document.problems]
        wrong = [one for one in problems if not is_template or one.code == codes.TEMPLATE_SYNTAX]
        found = found or is_template
        if not wrong:
            yield document
            continue
        unread = unread or document.source
        reject(document, wrong)
    if unread and not found:
        raise CannotRun(f"{unread} cannot be read", "repair it, or leave it out")
    if not found:
        message = "there is no message template"
        raise CannotRun(message, "name a directory or a file with templates, as AWS's tools write")


def _found_in(
    documents: Iterable[Document], account: Account, rules: Mapping[str, Rule]
) -> Iterator[_Found]:
    """Yield the templates that have a text, and count what is lost of a stack's."""
    for document in documents:
        stem = PurePath(document.source).name.partition(".")[0]
        for template in templates_in(document.value, "EMAIL"):
            account.endpoints += 1
            found = _Found(document, template, template.name or stem)
            for name in _functions_in(found.raw(template.pointer)):
                account.add(rules["function"], name, document.source)
            has_text = any(part.text for part in template.parts)
            if has_text or template.kind not in _WITH_TEXTS:
                yield found
            else:
                account.add(rules["no-text"], account.thing, document.source)


def _functions_in(members: object) -> Iterator[str]:
    """Yield the members of a template that are functions, also those for a platform."""
    for name, value in members.items() if isinstance(members, dict) else ():
        if is_function(value):
            if text_of_function(value) is None:
                yield name
        elif name in _PLATFORMS or name == "Default":
            yield from (f"{name}.{inner}" for inner in _functions_in(value))


class _Files:
    """Writes JSON files with names of their own."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._names: set[str] = set()

    def write(self, found: _Found, value: object, kind: str) -> None:
        """Write a value into a file that is named after a template."""
        stem = _file_stem(found.name)
        endings = ("" if number == 1 else f"-{number}" for number in count(1))
        names = (f"{stem}{ending}.{kind}.json" for ending in endings)
        name = next(name for name in names if name not in self._names)
        self._names.add(name)
        with self._output.open(name) as file:
            file.write(orjson.dumps(value, option=_READABLE), 1)


def _file_stem(name: str) -> str:
    return _NOT_IN_FILE_NAMES.sub("_", name) or "template"


class _ForConnect:
    """Rewrites one template for Connect.

    Args:
        found: the template.
        account: counts what is done.
    """

    def __init__(self, found: _Found, account: Account) -> None:
        self._found = found
        self._kind = found.template.kind
        self._account = account

    def request(self) -> dict[str, Any] | None:
        """Return the parameters of CreateMessageTemplate; None if there is no counterpart."""
        found = self._found
        if self._kind not in _WITH_TEXTS:
            place = found.document.source
            self._account.add(CONNECT_RULES["no-counterpart"], self._account.thing, place)
            return None
        texts = {part.name: self._text(part) for part in found.template.parts if part.text}
        content = {"EMAIL": self._email, "SMS": self._sms, "PUSH": self._push}[self._kind](texts)
        raw = found.raw(found.template.pointer)
        description = text_of(raw.get("TemplateDescription") if isinstance(raw, dict) else None)
        description = description[:_MAX_DESCRIPTION] if _CONNECT_TEXT.match(description) else ""
        tags = raw.get("tags") if isinstance(raw, dict) else None
        defaults = self._defaults()
        return {
            "name": found.name if _CONNECT_TEXT.match(found.name) else _file_stem(found.name),
            **({"description": description} if description else {}),
            "channelSubtype": self._kind,
            "content": {self._kind.lower(): content},
            **({"defaultAttributes": defaults} if defaults else {}),
            **({"tags": tags} if isinstance(tags, dict) and tags else {}),
        }

    def _email(self, texts: Mapping[str, str]) -> dict[str, Any]:
        parts = {"html": texts.get("HtmlPart"), "plainText": texts.get("TextPart")}
        body = {name: {"content": text} for name, text in parts.items() if text}
        headers = []
        for part in self._found.template.parts:
            if part.name.startswith("Headers.") and part.text:
                name = self._found.raw(part.pointer.removesuffix("/Value") + "/Name")
                headers.append({"name": text_of(name), "value": texts[part.name]})
        return {
            **({"subject": texts["Subject"]} if "Subject" in texts else {}),
            "body": body,
            **({"headers": headers} if headers else {}),
        }

    @staticmethod
    def _sms(texts: Mapping[str, str]) -> dict[str, Any]:
        return {"body": {"plainText": {"content": texts.get("Body", "")}}}

    def _push(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return the message for each platform: its own one, else the default one."""
        content = {}
        for platform, name in sorted(_PLATFORMS.items(), key=itemgetter(1)):
            members = self._push_members(platform, texts) or self._push_members("Default", texts)
            if members:
                content[name] = members
        return content

    def _push_members(self, holder: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return the message of one object of a push template; empty if it has no text."""
        own = [part for part in self._found.template.parts if part.name.startswith(f"{holder}.")]
        members: dict[str, Any] = {}
        for part in own:
            if part.name in texts:
                member = part.name.partition(".")[2]
                text = texts[part.name]
                key = member[0].lower() + member[1:]
                members[key] = {"content": text} if member in _NESTED else text
        if members:
            raw = self._found.raw(own[0].pointer.rpartition("/")[0])
            for name in ("Action", "Sound"):
                if isinstance(raw, dict) and raw.get(name):
                    members[name.lower()] = raw[name]
        return members

    def _defaults(self) -> dict[str, Any]:
        profile: dict[str, Any] = {}
        custom: dict[str, str] = {}
        for path, value in self._found.template.defaults.items():
            target, _ = self._target(path)
            name = ".".join(path)
            text = ",".join(map(text_of, value)) if isinstance(value, list) else text_of(value)
            place = self._found.document.source
            if not target or not text or target[:3] == (*CUSTOMER, "Recommendations"):
                self._account.add(CONNECT_RULES["no-member"], name, place)
                continue
            self._account.add(CONNECT_RULES["default"], name, place)
            inner = target[len(CUSTOMER) :] if target[: len(CUSTOMER)] == CUSTOMER else ()
            if not inner:
                custom[".".join(target)] = text
            elif len(inner) == 1:
                profile[inner[0][0].lower() + inner[0][1:]] = text
            else:
                profile.setdefault("custom", {})[inner[1]] = text
        return {
            **({"customerProfileAttributes": profile} if profile else {}),
            **({"customAttributes": custom} if custom else {}),
        }

    def _text(self, part: Part) -> str:
        """Return a text with the names of Connect."""
        pieces, end = [], 0
        compiled = compile_part(part)
        for name, place in _unknown_helpers(compiled):
            rule = CONNECT_RULES["unknown-helper"]
            self._account.add(rule, name, self._found.place(part, place))
        for variable in compiled.variables:
            name = self._name(part, variable)
            pieces += [part.text[end : variable.place.start], name]
            end = variable.place.end
        return "".join([*pieces, part.text[end:]])

    def _name(self, part: Part, variable: Variable) -> str:
        """Return the name that a variable has in Connect, or its own."""
        path = variable.path
        if variable.role == "word":
            return variable.text
        target, rule = self._target(path or ())
        is_list = variable.role == "loop" or variable.helper in {"join", "lookup"}
        if variable.helper == "with":
            rule = "with"
        elif is_list and rule in {"renamed", "endpoint-attribute", "index"}:
            rule = "list"
        elif path is None or _is_relative(variable):
            return variable.text  # the block around it is counted
        self._account.add(
            CONNECT_RULES[rule], variable.name, self._found.place(part, variable.place)
        )
        if not target or CONNECT_RULES[rule].action is Action.LOST:
            return variable.text
        begin = "@root." if variable.text.startswith(("../", "@root")) else ""
        return begin + ".".join(map(_bracketed, target))

    def _target(self, path: ValueName) -> tuple[tuple[str, ...], str]:
        """Return the path of Connect for a path of Pinpoint, and the rule; no path if none."""
        *names, last = path or ("",)
        index = last[1:-1] if re.fullmatch(r"\[\d+\]", last) else ""
        plain = tuple(names) if index else path
        attribute = _attribute_of(plain)
        if attribute:
            number = f"_{index}" if index and index != "0" else ""
            rule = "endpoint-attribute" if plain[0] == "Attributes" else "renamed"
            rule = "index" if number else rule
            return (*CUSTOMER, "Attributes", attribute + number), rule
        if plain == ("Address",) and self._kind in _ADDRESSES:
            return (*CUSTOMER, _ADDRESSES[self._kind]), "renamed"
        if plain in _IN_PROFILE:
            rule = "region" if plain[-1] == "Region" else "renamed"
            return (*CUSTOMER, *_IN_PROFILE[plain]), rule
        root = path[0] if path else ""
        if root in _RECOMMENDATIONS:
            member = path[1] if root == "Recommendations" and len(path) > 1 else "Name"
            item = (member,) if member in _OF_CATALOG_ITEMS else ("Attributes", member)
            number = last if index else "[0]"
            return (*CUSTOMER, "Recommendations", number, "CatalogItem", *item), "recommendation"
        if root in {*_NOT_IN_PROFILE, *_WITH_PREFIX, "User", "Attributes", "OptOut", ""}:
            return (), "no-member"
        return path, "message-value"


def _attribute_of(path: ValueName) -> str:
    """Return the key of a profile's attribute for a path without index; empty if it is none."""
    match path:
        case ("Attributes", name) | ("User", "UserAttributes", name):
            return name
        case (("Metrics" | "Demographic") as kind, name):
            return f"{kind}_{name}"
        case ("Location", ("Latitude" | "Longitude") as name):
            return f"Location_{name}"
    return ""


def _is_relative(variable: Variable) -> bool:
    """Whether a name goes on from the block around it."""
    text = variable.text.removeprefix("@root.").removeprefix("../").removeprefix("this.")
    names = re.findall(r"\[[^\]]*\]|[^./\[\]]+", text.removeprefix("./"))
    return len(names) != len(variable.path or ())


def _bracketed(name: str) -> str:
    return name if _NAME.fullmatch(name) or name.startswith("[") else f"[{name}]"


def write_connect(
    documents: Iterable[Document], output: Output, account: Account, _: ConvertOptions
) -> None:
    """Write a file for CreateMessageTemplate for each template."""
    files = _Files(output)
    for found in _found_in(documents, account, CONNECT_RULES):
        request = _ForConnect(found, account).request()
        if request is not None:
            files.write(found, request, found.template.kind.lower())


def write_ses(
    documents: Iterable[Document], output: Output, account: Account, _: ConvertOptions
) -> None:
    """Write a file for CreateEmailTemplate for each e-mail template, and one with its defaults."""
    files = _Files(output)
    for found in _found_in(documents, account, SES_RULES):
        template, source = found.template, found.document.source
        if template.kind != "EMAIL":
            account.add(SES_RULES["not-email"], account.thing, source)
            continue
        texts = {part.name: part.text for part in template.parts}
        content = {
            name: texts[part]
            for name, part in (("Subject", "Subject"), ("Text", "TextPart"), ("Html", "HtmlPart"))
            if part in texts
        }
        if len(as_json(content)) > _MAX_SES_TEMPLATE_BYTES:
            account.add(SES_RULES["too-large"], account.thing, source)
            continue
        for part in template.parts:
            _count_for_ses(found, part, account)
        files.write(found, {"TemplateName": found.name, "TemplateContent": content}, "email")
        for path in template.defaults:
            account.add(SES_RULES["default"], ".".join(path), source)
        if template.defaults:
            files.write(found, _nested(template.defaults), "defaults")


def _count_for_ses(found: _Found, part: Part, account: Account) -> None:
    """Count what SES makes of a part."""
    compiled: Compiled = compile_part(part)
    if part.name.startswith("Headers."):
        account.add(SES_RULES["headers"], "Headers", found.place(part, Place(0, 0, 1, 1)))
        return
    for variable in compiled.variables:
        if variable.role != "word":
            place = found.place(part, variable.place)
            account.add(SES_RULES["carried"], variable.name, place)
    for name, place_ in (*compiled.helpers, *_unknown_helpers(compiled)):
        account.add(SES_RULES["helper"], name, found.place(part, place_))
    if part.escape and compiled.variables:
        first = found.place(part, compiled.variables[0].place)
        account.add(SES_RULES["not-escaped"], part.name, first)


def _unknown_helpers(compiled: Compiled) -> Iterator[tuple[str, Place]]:
    """Yield the names of unknown helpers that are called, with their places."""
    for note in compiled.notes:
        if note.code == "unknown-helper":
            name = compiled.part.text[note.place.start : note.place.end]
            yield shown_member(name), note.place


def _nested(values: Mapping[ValueName, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in values.items():
        target = nested
        for name in path[:-1]:
            target = target.setdefault(name, {})
        target[path[-1]] = value
    return nested
