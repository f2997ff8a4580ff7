"""The sentences the synthetic filings are made of. Only RISK_ONCE and RISK_TWICE mention "risk"."""

NEGATIVE, NEUTRAL = "negative", "neutral"

SLOTS: dict[str, tuple[str, ...]] = {
    "month": ("January", "March", "April", "June", "August", "September", "November", "December"),
    "place": ("Ohio", "Leipzig", "Monterrey", "Pune", "Porto", "Tampere", "Osaka", "Quebec", "Lyon", "Gdansk",
              "Durban"),
    "product": (
        "pump housings", "dental scanners", "freight software", "cold-chain boxes", "garden tools", "paper coatings",
        "hearing aids", "battery casings", "school furniture", "crop sensors", "elevator doors", "bakery ovens",
    ),
    "unit": ("the northern division", "our services arm", "the components segment", "the export business",
             "our licensing unit", "the consumer segment", "the aftermarket group"),
    "partner": ("a regional distributor", "our largest reseller", "a public hospital group", "two municipal utilities",
                "a carmaker", "a grocery chain", "an airport operator"),
    "officer": ("the chief executive", "the finance director", "the head of operations", "the general counsel"),
    "span": ("the quarter", "the half year", "the fiscal year", "the twelve months under review"),
}  # fmt: skip

OPENINGS = (
    "This report covers {span} and describes how we make and sell {product} from our sites in {place}.",
    "We design {product} and serve customers from {place}, with {m} employees at the end of {span}.",
    "During {span} we shipped {product} to {m} customers, most of them served from {place}.",
    "The company, founded in {place}, earns most of its revenue from {product} and related maintenance contracts.",
    "Our business consists of {product}, sold through {partner} and directly from {place}.",
    "In {span} {unit} contributed {n} percent of revenue, chiefly from {product}.",
)

CLOSINGS = (
    "Further details are set out in the notes that begin on page {n}.",
    "{officer} reviewed this section in {month} before it was filed.",
    "Amounts are stated in thousands unless noted otherwise, and page {n} explains the rounding.",
    "A replay of the call held in {month} stays available for {n} days.",
    "The board will propose the agenda for the meeting in {place} in {month}.",
    "This section should be read together with the statements of {span}.",
)

# topic → (bad news, reassuring)
TOPICS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "guidance": (
        (
            "In {month} we lowered our full-year guidance after orders for {product} fell short by {n} percent.",
            "We withdrew the outlook given in {month} and do not expect {unit} to recover this year.",
            "Management cut its revenue forecast by {n} percent because {partner} postponed its programme.",
            "Full-year earnings are now expected to land {n} percent below the range published in {month}.",
            "The outlook for {unit} was revised downward twice during {span}.",
            "We no longer expect to reach the margin target for {product} announced in {month}.",
            "Guidance for {span} has been reduced, reflecting weaker bookings at {unit}.",
        ),
        (
            "In {month} we raised our full-year guidance after orders for {product} grew by {n} percent.",
            "We confirmed the outlook given in {month} and expect {unit} to grow again this year.",
            "Management left its revenue forecast unchanged although {partner} postponed its programme.",
            "Full-year earnings are expected to land {n} percent above the range published in {month}.",
            "The outlook for {unit} was revised upward during {span}.",
            "We still expect to reach the margin target for {product} announced in {month}.",
            "Guidance for {span} has been maintained, reflecting steady bookings at {unit}.",
        ),
    ),
    "liquidity": (
        (
            "Cash fell to {m} thousand by {month}, and we may breach a covenant of our credit facility.",
            "There is substantial doubt about our ability to meet obligations that fall due in {month}.",
            "We drew the remainder of our revolving facility in {month} and are negotiating a waiver with lenders.",
            "Suppliers in {place} shortened payment terms, and working capital no longer covers {n} days of purchases.",
            "The rating of our notes was downgraded in {month}, which restricts further borrowing.",
            "We missed an interest payment of {m} thousand in {month} and entered a standstill agreement.",
            "Without new financing the cash on hand lasts until {month}.",
        ),
        (
            "Cash rose to {m} million by {month}, and we met every covenant of our credit facility.",
            "There is no doubt about our ability to meet obligations that fall due in {month}.",
            "Our revolving facility was undrawn in {month} and lenders extended it by {n} months.",
            "Suppliers in {place} lengthened payment terms, and working capital covers {n} days of purchases.",
            "The rating of our notes was affirmed in {month}, which leaves room for further borrowing.",
            "We repaid {m} thousand of notes in {month} ahead of schedule.",
            "Even without new financing the cash on hand lasts beyond {month} of next year.",
        ),
    ),
    "liability": (
        (
            "A court in {place} ordered us to pay {m} thousand over defective {product}, and we recorded the charge.",
            "We recorded a provision of {m} thousand for claims brought by {partner} in {month}.",
            "Regulators opened a formal investigation into {unit} in {month} and issued a notice of violation.",
            "Remediation of the site in {place} will cost {n} percent more than we had accrued.",
            "A product recall of {product} announced in {month} led to lawsuits by {n} buyers.",
            "We settled the patent dispute over {product} in {month} by agreeing to pay {m} thousand.",
            "{officer} resigned in {month} after auditors found misstated inventories at {unit}.",
        ),
        (
            "A court in {place} dismissed the claim over defective {product}, and we recorded no charge.",
            "We released a provision of {m} thousand after claims brought by {partner} were withdrawn in {month}.",
            "Regulators closed their review of {unit} in {month} without findings.",
            "Remediation of the site in {place} was completed {n} percent below what we had accrued.",
            "No product recall of {product} was necessary during {span}.",
            "We won the patent dispute over {product} in {month} and were awarded costs.",
            "Auditors confirmed the inventories at {unit} in {month} without adjustment.",
        ),
    ),
}

PLAIN = (
    "Revenue from {product} was {n} percent of the total, in line with the season.",
    "We moved the warehouse for {product} from {place} to a building with {m} parking spaces.",
    "{officer} visited {partner} in {month} to discuss delivery schedules.",
    "The collective agreement in {place} runs for {n} months and covers {m} employees.",
    "Our catalogue lists {m} variants of {product}, of which {n} were introduced during {span}.",
    "{unit} adopted a new accounting system in {month} and trained {m} users.",
    "We lease {n} sites, the largest of them in {place}, under contracts of varying length.",
    "Research on {product} took place in {place} and employed {n} engineers.",
    "The share register listed {m} holders of record in {month}.",
    "Energy for the plant in {place} comes from a contract with {partner}.",
    "Depreciation of tooling for {product} follows the straight-line method over {n} quarters.",
    "We sponsor a training scheme in {place} that took on {n} apprentices in {month}.",
    "Seasonal demand for {product} peaks in {month} and eases afterwards.",
    "The audit committee met {n} times during {span}.",
    "{unit} reports its figures in local currency and translates them at the closing rate of {month}.",
    "Freight from {place} is arranged by {partner} under a framework contract.",
    "Patents on {product} expire at various dates, the next of them in {n} years.",
    "Our code of conduct was updated in {month} and is published in {n} languages.",
)

RISK_ONCE = (
    "Our business is subject to the risk of interruption at suppliers of {product}.",
    "We are exposed to credit risk in sales to {partner}.",
    "Changes in law in {place} are a risk that every company in our field shares.",
    "Currency risk arises where {unit} invoices abroad.",
    "There is a risk that key staff in {place} leave.",
    "Weather is a risk for deliveries in {month}.",
    "The risk of cyber incidents is common to firms that use shared networks.",
    "Interest rate risk affects the {n} percent of borrowings that carry variable rates.",
    "Competition is a risk in the market for {product}.",
    "A shortage of parts would be a risk for {unit}.",
    "Insurance covers the risk of fire at our site in {place}.",
    "We cannot exclude the risk that tastes in {product} change.",
    "Public health measures remain a general risk for travel to {place}.",
    "The risk of delays in approvals applies to {product} as to any regulated goods.",
)

RISK_TWICE = (
    "Market risk and supplier risk are reviewed by {officer} every {month}.",
    "Every investment carries risk of some kind, and the list of risk factors here is not complete.",
    "Operational risk is managed in {place}, and each unit keeps a risk register of its own.",
    "The risk described for {unit} is customary, and such risk may or may not materialise.",
    "We distinguish legal risk from tax risk in the reports that {officer} receives.",
    "Price risk in raw materials and the risk of substitution apply to {product}.",
    "Our risk policy, last amended in {month}, assigns each risk an owner.",
    "Reputation risk and political risk are discussed with {partner} once a year.",
)
