"""Districts that people say for the arrondissement or the commune where they are.

Only those that everybody around uses for a place to work or to live in; a district astride two
arrondissements stands for the one that holds most of it.
"""

from __future__ import annotations

# INSEE code -> normalised names.
_DISTRICTS = {
    "69381": ("terreaux", "pentes de la croix rousse"),
    "69382": ("confluence", "bellecour", "perrache", "ainay", "cordeliers"),
    "69383": ("part dieu", "la part dieu", "montchat"),
    "69384": ("croix rousse", "la croix rousse"),
    "69385": ("vieux lyon", "fourviere", "point du jour", "menival", "champvert"),
    "69386": ("brotteaux", "les brotteaux", "tete d or"),
    "69387": ("gerland", "guillotiere", "la guillotiere", "jean mace", "saxe gambetta"),
    "69388": ("monplaisir", "mermoz", "grange blanche", "laennec", "bachut"),
    "69389": ("vaise", "duchere", "la duchere", "gorge de loup", "valmy"),
    "69266": ("gratte ciel", "charpennes", "tonkin", "cusset", "flachet", "laurent bonnevay"),
    "69259": ("minguettes", "les minguettes"),
    "69256": ("carre de soie", "mas du taureau"),
    "69029": ("parilly", "terraillon"),
}
DISTRICTS = {name: code for code, names in _DISTRICTS.items() for name in names}
