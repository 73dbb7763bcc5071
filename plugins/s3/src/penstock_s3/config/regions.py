"""The regions of AWS that forms offer, in the order in which Java's SDK (2.31) keeps them. Any other name is taken too."""

from __future__ import annotations

REGIONS = tuple(
    """
    me-central-1 aws-cn-global us-isof-south-1 ap-east-2 us-west-1 us-west-2 af-south-1 ap-northeast-3 ap-northeast-2
    ap-northeast-1 me-south-1 sa-east-1 cn-north-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5
    us-east-1 us-east-2 ap-southeast-7 cn-northwest-1 aws-iso-e-global ap-south-2 ap-south-1 eu-south-1 eu-south-2
    us-gov-east-1 il-central-1 ca-central-1 mx-central-1 eu-central-1 us-iso-west-1 eusc-de-east-1 eu-central-2
    eu-isoe-west-1 aws-global eu-north-1 eu-west-3 eu-west-2 eu-west-1 aws-iso-global ap-east-1 ca-west-1 us-gov-west-1
    us-iso-east-1 aws-iso-b-global aws-iso-f-global aws-us-gov-global us-isob-east-1 us-isof-east-1
    """.split()  # noqa: SIM905  # a list of fifty strings says no more
)
