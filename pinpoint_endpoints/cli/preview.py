"""`pe preview`: render a message template for endpoints, and report on the messages."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinpoint_endpoints.cli.audience import AudienceReader, FirstPass, Member, StoredAudience
from pinpoint_endpoints.cli.help import print_pages
from pinpoint_endpoints.cli.inputs import OptionalInputs
from pinpoint_endpoints.cli.lookup import stored_endpoints
from pinpoint_endpoints.cli.options import (
    OUTPUT,
    CheckOptions,
    DisplayOptions,
    Ignore,
    NowOption,
    OptionGroup,
    parse_instant,
)
from pinpoint_endpoints.cli.run import run
from pinpoint_endpoints.cli.template_files import choose, values_in
from pinpoint_endpoints.cli.terminal import note, write_bytes
from pinpoint_endpoints.documents.endpoint_ids import check_id, same_endpoint_key
from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.errors import (
    CannotRun,
    ExitCode,
    PinpointEndpointsError,
    UsageError,
    reason_of,
)
from pinpoint_endpoints.masking import looks_like_address, masked

if TYPE_CHECKING:
    from pinpoint_endpoints.checks.templates import TemplateDocument
    from pinpoint_endpoints.documents.model import Document
    from pinpoint_endpoints.reports.preview import Preview, PreviewTally, Result
    from pinpoint_endpoints.templates.model import Settings


class MissingPolicy(StrEnum):
    """The policies for variables without a value."""

    ERROR = "error"
    WARN = "warn"
    OK = "ok"


class PreviewOutput(StrEnum):
    """The formats of a preview: for a person, for a program, or as the e-mail."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    HTML = "html"


class Channel(StrEnum):
    """The channel of a template in a file that does not say."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    VOICE = "voice"


class Escape(StrEnum):
    """The ways to write the values of variables."""

    HTML = "html"
    NONE = "none"


class Compare(StrEnum):
    """The ways to compare two texts that are numbers."""

    TEXT = "text"
    NUMERIC = "numeric"


class RenderOptions(OptionGroup):
    """The options for rendering a template.

    Attributes:
        name: the name of the template, if the file has several.
        channel: the channel of a template that is a text.
        data: a file with the values of the message.
        locale: the locale of all endpoints, instead of their own.
        tz: the time zone of dates.
        now: the time of the run.
        escape: how values are written.
        compare: how `gt`, `lt`, `gte` and `lte` compare texts.
        keep_placeholders: whether variables without a value are printed as they are.
    """

    heading = "Rendering"

    name: Annotated[
        str | None,
        typer.Option(
            "--template", metavar="NAME", help="The name of the template, if the file has several."
        ),
    ] = None
    channel: Annotated[
        Channel | None,
        typer.Option(
            "--channel",
            help="The channel of a template that is a text, or which of several is meant.",
            show_default="email for .html",
        ),
    ] = None
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Values that the message brings, in JSON or YAML: Substitutions, and "
            "Recommendations.",
        ),
    ] = None
    locale: Annotated[
        str | None,
        typer.Option(
            "--locale",
            metavar="LOCALE",
            help="Render as if this were each endpoint's Demographic.Locale.",
        ),
    ] = None
    tz: Annotated[
        str,
        typer.Option("--tz", metavar="ZONE", help="The time zone of dates that name none."),
    ] = "UTC"
    now: NowOption = None
    escape: Annotated[
        Escape | None,
        typer.Option(
            "--escape",
            help="Whether values are escaped for HTML.",
            show_default="html in the HTML of an e-mail, else none",
        ),
    ] = None
    compare: Annotated[
        Compare,
        typer.Option(
            "--compare",
            help="How gt, gte, lt and lte compare two texts that are numbers, such as attributes.",
        ),
    ] = Compare.TEXT
    keep_placeholders: Annotated[
        bool,
        typer.Option("--keep-placeholders", help="Print variables without a value as they are."),
    ] = False

    def settings(self) -> "Settings":
        """Return the settings for rendering parts, without masks, as counting needs them.

        Raises:
            UsageError: the time or the time zone is invalid.
        """
        from pinpoint_endpoints.templates.dates import zone_of
        from pinpoint_endpoints.templates.model import Settings

        try:
            zone_of(self.tz)
        except ValueError:
            raise UsageError(
                f"not a time zone: {self.tz}", "use a name such as Europe/Berlin"
            ) from None
        return Settings(
            now=parse_instant(self.now),
            zone=self.tz,
            escape=None if self.escape is None else self.escape is Escape.HTML,
            numeric=self.compare is Compare.NUMERIC,
            keep_placeholders=self.keep_placeholders,
        )


def preview(
    ctx: typer.Context,
    template: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEMPLATE]",
            show_default=False,
            help="A message template: a document as the AWS CLI reads or writes it, or a text "
            "(.html, .txt, .hbs).",
        ),
    ] = None,
    *,
    inputs: OptionalInputs,
    endpoint_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="Show the message for this endpoint.",
            autocompletion=stored_endpoints,
        ),
    ] = None,
    stored: StoredAudience,
    rendering: RenderOptions,
    missing: Annotated[
        MissingPolicy | None,
        typer.Option(
            "--missing",
            help="What a variable without a value is: an error ends the run with exit code 1.",
            show_default="error for e-mail, else warn",
        ),
    ] = None,
    ignore: Ignore = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="FILE",
            help="Save the HTML of the e-mail to a file.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    show: Annotated[
        bool,
        typer.Option("--open", help="Open the e-mail in the browser.", rich_help_panel=OUTPUT),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Print how templates are rendered, and what is assumed, and exit."
        ),
    ] = False,
    output: Annotated[
        PreviewOutput,
        typer.Option("--output", "-o", help="The output format.", rich_help_panel=OUTPUT),
    ] = PreviewOutput.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Render a message template for endpoints, and show what would be sent.

    For one endpoint the message is shown, with personal data masked. For several: how many messages
    are complete, which variables are missing and for whom, the longest message, and the parts of
    SMS, which AWS bills. Nothing is sent.

    Exit codes: 0 done; 1 the template has errors, messages cannot be sent, or (with --missing
    error) lack a variable; 3 could not run, or a file cannot be read; 4 the application does not
    exist.

    Examples:
        pe preview welcome.json endpoints/ --id ada
        pe preview offer.html export.ndjson --missing warn
    """
    from pinpoint_endpoints.reports.preview import PreviewTally, PreviewView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    if explain:
        print_pages("pinpoint_endpoints.templates", "behaviour.md")
        return ExitCode.OK
    if template is None:
        raise UsageError("no template is named", "name the file that it is in")
    if endpoint_id is not None:
        check_id(endpoint_id, "endpoint id", "--id")
    checks = CheckOptions(ignore=ignore)
    view = PreviewView(ReportOptions(quiet=display.quiet))
    prints_html = output is PreviewOutput.HTML
    reporter = _Problems() if prints_html else open_reporter(view, output, sys.stdout)
    file = choose(template, (rendering.channel or "").upper(), rendering.name)
    if isinstance(file, list):
        return run(file, reporter, PreviewTally())
    is_email = file.template.kind == "EMAIL"
    html = prints_html or save is not None or show
    if html and not is_email:
        raise UsageError(
            f"{template} is not an e-mail template", "leave out -o html, --save and --open"
        )
    if save is not None:
        inputs.check_output("--save", str(save), template)
    policy = missing or (MissingPolicy.ERROR if is_email else MissingPolicy.WARN)
    tally = PreviewTally(is_missing_error=policy is MissingPolicy.ERROR)
    run_of = _Run(file, rendering, checks, tally, display)
    members = AudienceReader(
        ctx,
        inputs,
        stored,
        None,
        tally,
        activity="rendering",
        first_passes=run_of.first_passes if inputs.paths else tuple,
        quiet=display.quiet,
        verbose=display.verbose,
    )
    results: Iterable[Result] = run_of.results(members, endpoint_id)
    if html and file.is_readable:
        results = _with_html(results, save, show=show, to_stdout=prints_html)

    def remarks(error: PinpointEndpointsError | None) -> Iterator[str]:
        yield from members.remarks()
        if output is PreviewOutput.TEXT and error is None and not display.quiet:
            yield from tally.lines()

    return run(results, reporter, tally, remarks=remarks)


class _Run:
    """Renders a template for an audience.

    Args:
        file: with the template.
        rendering: how it is rendered.
        checks: which problems of the template count.
        tally: counts the messages.
        display: whether personal data is shown.
    """

    def __init__(
        self,
        file: "TemplateDocument",
        rendering: RenderOptions,
        checks: CheckOptions,
        tally: "PreviewTally",
        display: DisplayOptions,
    ) -> None:
        from pinpoint_endpoints.segments.users import UserAttributes
        from pinpoint_endpoints.templates.audience import user_attributes_in

        self._file = file
        self._settings = rendering.settings()
        self._values = {} if rendering.data is None else values_in(rendering.data)
        self._locale = rendering.locale
        self._policy = checks.policy()
        self._tally = tally
        self._shows_values = display.show_values
        names = user_attributes_in(file.compiled)
        self._users = UserAttributes(names) if names is None or names else None

    def first_passes(self) -> Iterator[FirstPass]:
        """Yield a function that records the user of each endpoint, if the template needs users."""
        users = self._users
        if users is not None:
            yield lambda member: users.add(member.endpoint)

    def results(self, members: AudienceReader, endpoint_id: str | None) -> "Iterator[Result]":
        """Yield the problems of the template, and the counts of its messages."""
        from pinpoint_endpoints.checks.templates import template_problems
        from pinpoint_endpoints.reports.preview import Preview
        from pinpoint_endpoints.templates.audience import Account, left_out
        from pinpoint_endpoints.templates.message import Renderer

        file = self._file
        if not file.is_readable:
            yield from template_problems(file, self._policy)
            return
        account = Account(Renderer(file.template, self._settings, self._values))
        self._tally.account = account
        found: Member | None = None
        wanted = None if endpoint_id is None else same_endpoint_key(endpoint_id)
        for member in members:
            if wanted is None or same_endpoint_key(member.endpoint_id or "") == wanted:
                found = member if found is None else found
                account.add(_name_of(member), self._endpoint(member))
                if wanted is not None:
                    break
        if wanted is not None and found is None and members.error is None:
            raise CannotRun(f"no endpoint has the id {endpoint_id}", "check --id and the paths")
        one = found if wanted is not None or self._tally.endpoints == 1 else None
        names = None if one else account.names
        yield from template_problems(file, self._policy, names, self._values)
        if one is not None:
            endpoint = self._endpoint(one)
            settings = self._settings._replace(mask=None if self._shows_values else masked)
            shown = Renderer(file.template, settings, self._values).render(endpoint)
            message = account.renderer.render(endpoint)._replace(parts=shown.parts)
            reason = left_out(endpoint, file.template.kind)
            yield Preview(self._shown(_name_of(one)), message, reason)
        else:
            for entry in account.entries():
                yield entry._replace(first=self._shown(entry.first))
        if members.error is not None:
            raise members.error

    def _shown(self, endpoint_id: str) -> str:
        """Return an id as it may be shown: some are addresses."""
        if self._shows_values or not looks_like_address(endpoint_id):
            return endpoint_id
        return masked(endpoint_id)

    def _endpoint(self, member: Member) -> Mapping[str, Any]:
        """Return what the variables of a message are taken from."""
        endpoint, document = member.endpoint, member.document
        if document is not None:
            if self._users is not None:
                endpoint = self._users.merged(endpoint)
            endpoint = {**endpoint, "Id": member.endpoint_id, **_read_only(document)}
        if self._locale is not None:
            demographic = endpoint.get("Demographic")
            others = demographic if isinstance(demographic, dict) else {}
            return {**endpoint, "Demographic": {**others, "Locale": self._locale}}
        return endpoint


def _read_only(document: "Document") -> Mapping[str, Any]:
    value = document.value
    if document.shape == "EndpointResponse" and isinstance(value, dict) and "CreationDate" in value:
        return {"CreationDate": value["CreationDate"]}
    return {}


def _name_of(member: Member) -> str:
    """Return the id of an endpoint; of one without, where it stands."""
    if member.endpoint_id is not None or member.document is None:
        return member.endpoint_id or ""
    document = member.document
    return f"{document.source}:{document.locator.line(document.path)}"


class _Problems:
    """Prints the problems of a template on standard error, beside its HTML on standard output."""

    def add(self, result: "Result", /) -> None:
        if isinstance(result, Problem):
            note(str(result))

    def close(self, _tally: Any, _error: PinpointEndpointsError | None, /) -> None:
        pass


def _with_html(
    results: "Iterable[Result]", path: Path | None, *, show: bool, to_stdout: bool
) -> "Iterator[Result]":
    """Yield results, and write the e-mail among them.

    Args:
        results: the results of a preview.
        path: the file to save it to.
        show: whether to open it in the browser.
        to_stdout: whether it is printed, if it is not saved.

    Raises:
        UsageError: there is no single message among them.
        CannotRun: the file cannot be written.
    """
    from pinpoint_endpoints.reports.preview import Preview

    is_written = False
    for result in results:
        yield result
        if not isinstance(result, Preview):
            continue
        is_written = True
        page = _page_of(result).encode(errors="surrogatepass")
        if path is not None:
            _save(path, page)
        elif to_stdout:
            write_bytes(page if page.endswith(b"\n") else page + b"\n")
        if show:
            _open(path, page)
    if not is_written:
        raise UsageError("an e-mail is for one endpoint", "name it with --id")


def _page_of(preview: "Preview") -> str:
    """Return the HTML of an e-mail, else its text as HTML."""
    from html import escape

    parts = {part.name: part.text for part in preview.message.parts}
    if parts.get("HtmlPart"):
        return parts["HtmlPart"]
    return f"<!DOCTYPE html>\n<pre>{escape(parts.get('TextPart', ''))}</pre>\n"


def _save(path: Path, page: bytes) -> None:
    try:
        path.write_bytes(page)
    except OSError as error:
        raise CannotRun(f"{path} cannot be written: {reason_of(error)}") from None


def _open(path: Path | None, page: bytes) -> None:
    """Open a page in the browser: from where it is saved, else from a temporary file."""
    import webbrowser
    from tempfile import NamedTemporaryFile

    if path is None:
        with NamedTemporaryFile(prefix="pe-preview-", suffix=".html", delete=False) as file:
            file.write(page)
        path = Path(file.name)
    if not webbrowser.open(path.resolve().as_uri()):
        note(f"no browser could be opened; the e-mail is in {path}")
