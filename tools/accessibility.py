"""Write the readable page of the grid of accessibility: python -m tools.accessibility."""

from __future__ import annotations

from app.main.accessibility import Criterion, Grid, Verdict, the_grid
from config import ROOT
from tools.environment import say

PAGE = ROOT / "docs/accessibility/grille.md"
WORDS = {
    Verdict.MET: "conforme",
    Verdict.FAILED: "**non conforme**",
    Verdict.NOT_APPLICABLE: "non applicable",
    Verdict.TO_JUDGE: "à vérifier par une personne",
}


def written(grid: Grid) -> str:
    """Return the grid as a page one reads."""
    lines = [
        f"# Grille {grid.standard}",
        "",
        "Page écrite par `python -m tools.accessibility` à partir de [grid.toml](grid.toml), qui",
        "se corrige à la main. Les colonnes sont expliquées dans [README.md](README.md).",
        "",
        f"{grid.author}, {grid.date:%d/%m/%Y}.",
        "",
        f"- critères applicables : {grid.applicable} sur {len(grid.criteria)}",
        f"- respectés : {grid.met} ({grid.rate} %)",
        f"- non respectés : {len(grid.failed)}",
        f"- à vérifier par une personne : {len(grid.to_judge)}",
    ]
    theme = ""
    for one in grid.criteria:
        if one.theme != theme:
            theme = one.theme
            lines += ["", f"## {theme}", "", "| N° | Critère | Par | Verdict | Preuve, remarque |"]
            lines.append("|---|---|---|---|---|")
        lines.append(_line(one, grid))
    return "\n".join(lines) + "\n"


def _line(one: Criterion, grid: Grid) -> str:
    said = [f"`{check.rpartition('/')[2]}`" for check in one.checks]
    ground = " ".join(filter(None, [one.note, ", ".join(said)]))
    if one.pages:
        ground += f" Pages : {', '.join(grid.sample[page] for page in one.pages)}."
    if one.author or one.date:
        ground += f" ({', '.join(filter(None, [one.author, str(one.date or '')]))})"
    return f"| {one.number} | {one.title} | {one.how} | {WORDS[one.verdict]} | {ground} |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(the_grid()), encoding="utf-8")
    say(f"Écrit : {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
