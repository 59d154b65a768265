"""Area codes of the United States and Canada: which state or province, and which clocks may hold there.

A person keeps an area code for life, so this says what the number *suggests*; a rule that hangs on it has
to take the strictest of all candidates. Where an area code crosses a time zone border every zone stands
here (those set by law: 49 CFR part 71, provincial acts), the one with more people first. A zone carries the
name of its own state or province where the tz database has one, since legislatures change clocks one by one
(British Columbia did).

Sources: the NANP administrator's public lists as of autumn 2026 (codes in service), the tz database
(zones).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

_TABLE = """
CA-AB     Edmonton 368 403 587 780 825
CA-BC     Vancouver,Edmonton,Dawson_Creek,Fort_Nelson,Creston 236 250 257 672 778
CA-BC     Vancouver 604
CA-MB     Winnipeg 204 431 584
CA-NB     Moncton 428 506
CA-NL     St_Johns,Goose_Bay 709 879
CA-NS,CA-PE Halifax 782 902
CA-ON     Toronto 226 249 289 343 365 382 416 437 519 548 613 647 683 705 742 753 905 942
CA-ON     Toronto,Winnipeg,Atikokan 807
CA-QC     Toronto 263 273 354 438 450 468 514 579 819 873
CA-QC     Toronto,Halifax,Blanc-Sablon 367 418 581
CA-SK     Regina,Edmonton 306 474 639
CA-YT,CA-NT,CA-NU Whitehorse,Inuvik,Cambridge_Bay,Rankin_Inlet,Iqaluit,Atikokan 867
US-AK     Anchorage,Adak 907
US-AL     Chicago 205 251 256 334 483 659 938
US-AR     Chicago 327 479 501 870
US-AS     Pacific/Pago_Pago 684
US-AZ     Phoenix 480 520 602 623
US-AZ     Phoenix,Denver 928
US-CA     Los_Angeles 209 213 279 310 323 341 350 357 369 408 415 424 442 510 530 559 562 619 626
  628 650 657 661 669 707 714 738 747 760 805 818 820 831 837 840 858 909 916 925 949 951
US-CO     Denver 303 719 720 748 970 983
US-CT     New_York 203 475 860 959
US-DC     New_York 202 771
US-DE     New_York 302
US-FL     New_York 239 305 321 324 352 386 407 561 645 656 689 727 728 754 772 786 813 863 904 941
  954
US-FL     Chicago,New_York 448 850
US-GA     New_York 229 404 470 478 678 706 762 770 912 943
US-GU     Pacific/Guam 671
US-HI     Pacific/Honolulu 808
US-IA     Chicago 319 515 563 641 712
US-ID     Boise,Los_Angeles 208 986
US-IL     Chicago 217 224 309 312 331 447 464 618 630 708 730 773 779 815 847 861 872
US-IN     Chicago,Indiana/Indianapolis 219
US-IN     Indiana/Indianapolis 260 317 463 765
US-IN     Indiana/Indianapolis,Chicago 574 812 930
US-KS     Chicago 316 913
US-KS     Chicago,Denver 620 785
US-KY     Chicago,Kentucky/Louisville 270 364
US-KY     Kentucky/Louisville 502 859
US-KY     Kentucky/Louisville,Chicago 606
US-LA     Chicago 225 318 337 457 504 985
US-MA     New_York 339 351 413 508 617 774 781 857 978
US-MD     New_York 227 240 301 410 443 667
US-ME     New_York 207
US-MI     Detroit 231 248 269 313 517 586 616 679 734 810 947 989
US-MI     Detroit,Menominee 906
US-MN     Chicago 218 320 507 612 651 763 924 952
US-MO     Chicago 235 314 417 557 573 636 660 816 975
US-MP     Pacific/Saipan 670
US-MS     Chicago 228 471 601 662 769
US-MT     Denver 406
US-NC     New_York 252 336 472 704 743 828 910 919 980 984
US-ND     Chicago,Denver 701
US-NE     Chicago,Denver 308
US-NE     Chicago 402 531
US-NH     New_York 603
US-NJ     New_York 201 551 609 640 732 848 856 862 908 973
US-NM     Denver 505 575
US-NV     Los_Angeles 702 725
US-NV     Los_Angeles,Denver 775
US-NY     New_York 212 315 329 332 347 363 465 516 518 585 607 624 631 646 680 716 718 838 845 914
  917 929 934
US-OH     New_York 216 220 234 283 326 330 380 419 436 440 513 567 614 740 937
US-OK     Chicago 405 539 572 580 918
US-OR     Los_Angeles,Boise 458 541
US-OR     Los_Angeles 503 971
US-PA     New_York 215 223 267 272 412 445 484 570 582 610 717 724 814 835 878
US-PR     Puerto_Rico 787 939
US-RI     New_York 401
US-SC     New_York 803 821 839 843 854 864
US-SD     Chicago,Denver 605
US-TN     New_York,Chicago 423 729
US-TN     Chicago 615 629 731 901 931
US-TN     New_York 865
US-TX     Chicago 210 214 254 281 325 346 361 409 430 432 469 512 621 682 713 726 737 806 817 830
  832 903 936 940 945 956 972 979
US-TX     Denver,Chicago 915
US-UT     Denver 385 435 801
US-VA     New_York 276 434 540 571 686 703 757 804 826 948
US-VI     St_Thomas 340
US-VT     New_York 802
US-WA     Los_Angeles 206 253 360 425 509 564
US-WI     Chicago 262 274 353 414 534 608 715 920
US-WV     New_York 304 681
US-WY     Denver 307
"""
"""``subdivisions zones codes``; several of one kind are joined by commas; an indented line goes on."""


class Area(NamedTuple):
    """What one area code says about the people who have it."""

    subdivisions: tuple[str, ...]
    """ISO 3166-2 codes: ``("US-FL",)``; three for the code that the Canadian territories share."""
    zones: tuple[str, ...]
    """IANA names of every candidate zone; never empty."""


@cache
def _areas() -> dict[str, Area]:
    """Read the table once, when the first North American number is asked about."""
    areas: dict[str, Area] = {}
    for line in _TABLE.strip().replace("\n  ", " ").splitlines():
        subdivisions, zones, *codes = line.split()
        names = tuple(z if z.startswith("Pacific/") else f"America/{z}" for z in zones.split(","))
        areas.update(dict.fromkeys(codes, Area(tuple(subdivisions.split(",")), names)))
    return areas


def area_of(code: str) -> Area | None:
    """What is known about a three-digit area code of +1.

    ``None``: not a geographic code of the United States or Canada (toll-free, personal, another country of
    +1, or younger than this table).
    """
    return _areas().get(code)


def area_codes() -> tuple[str, ...]:
    """Every area code of the table, in order."""
    return tuple(sorted(_areas()))
