"""The pages that scripts visit: those of the grid (docs/accessibility/grid.toml), in its order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace


@dataclass(frozen=True)
class Sampled:
    """A page of the sample. `press`: the button that shows its state; `keeps`: a listing kept."""

    id: str
    address: Callable[[SimpleNamespace], str]
    role: str = ""
    press: str = ""
    keeps: bool = False


def path(address: str) -> Callable[[SimpleNamespace], str]:
    """Return a fixed address."""
    return lambda _world: address


# In the order of the grid.
SAMPLE = (
    Sampled("accueil", path("/")),
    Sampled("recherche", path("/recherche?q=soin&ou=Bron&rayon=30")),
    Sampled("recherche-vide", path("/recherche?q=zzqxw+kkvbn")),
    Sampled("metier", path("/metiers/aide-soignant")),
    Sampled("evoluer", path("/evoluer?de=aide-a-domicile")),
    Sampled("annonce", lambda world: world.open["emploi"]),
    Sampled("candidater", lambda world: world.form["formation"]),
    Sampled("candidater-erreur", lambda world: world.form["emploi"], press="Envoyer ma demande"),
    Sampled("suivi", lambda world: world.follow["opened"]),
    Sampled("favoris", path("/mes-annonces"), keeps=True),
    Sampled("alerte", path("/alertes/?q=infirmi%C3%A8re&ou=Bron")),
    Sampled("connexion", path("/connexion")),
    Sampled("tableau", path("/recruter/"), "recruiter"),
    Sampled("fiche", lambda world: world.sheet["opened"], "recruiter"),
    Sampled("editeur", path("/recruter/annonces/nouvelle?type=emploi"), "recruiter"),
    Sampled("equipe", path("/equipe/signalements"), "moderator"),
    Sampled(
        "equipe-structure", lambda world: f"/equipe/structures/{world.pending.id}", "moderator"
    ),
    Sampled("declaration", path("/accessibilite")),
)
