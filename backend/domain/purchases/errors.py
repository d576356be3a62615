"""What can go wrong with purchases and prices."""

from backend.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable, Unmet


class PurchaseNotFound(NotFound):
    """There is no such purchase."""

    code = "purchases.not_found"


class NotYourPurchase(Forbidden):
    """The purchase is somebody else's."""

    code = "purchases.not_yours"


class NotYoursToPay(Forbidden):
    """Only the buyer pays or cancels a purchase."""

    code = "purchases.not_yours_to_pay"


class PriceGroupNotFound(NotFound):
    """There is no such group."""

    code = "purchases.group_not_found"


class PriceGroupExists(Conflict):
    """The group has a price already: change that one."""

    code = "purchases.group_exists"


class PriceMissing(Unmet):
    """The school has set no price for the buyer's group (`group`): nothing that trying again would mend."""

    code = "purchases.price_missing"


class GroupMissing(Unmet):
    """The buyer's profile names no group."""

    code = "purchases.group_missing"


class GroupNotAllowed(Forbidden):
    """The batch is not for the buyer's group (`group`)."""

    code = "purchases.group_not_allowed"


class GroupNotVerified(Unmet):
    """A student's price needs a group that an admin has verified."""

    code = "purchases.group_not_verified"


class RegistrationNotOpen(Unmet):
    """Registration for the batch has not begun."""

    code = "purchases.registration_not_open"


class RegistrationClosed(Unmet):
    """Registration for the batch is over."""

    code = "purchases.registration_closed"


class AlreadyBuying(Conflict):
    """The buyer has an open or paid purchase of the batch, or is in it."""

    code = "purchases.already"


class AmountsUsedUp(Unavailable):
    """Every amount near the price is reserved by an open purchase."""

    code = "purchases.amounts_used_up"


class PaymentImpossible(Conflict):
    """A proof is not taken in this state (`state`)."""

    code = "purchases.payment_impossible"


class PaymentTooLate(Conflict):
    """The purchase expired before its proof came."""

    code = "purchases.payment_too_late"


class CancelImpossible(Conflict):
    """The buyer cannot cancel in this state (`state`)."""

    code = "purchases.cancel_impossible"


class MoveForbidden(Conflict):
    """A purchase does not go from `before` to `after` by an admin's hand."""

    code = "purchases.move_forbidden"


class ReasonMissing(Unmet):
    """Taking back a paid purchase needs a reason."""

    code = "purchases.reason_missing"


class PurchaseOpen(Conflict):
    """The group, student number and card proof stay as they are while a purchase is open."""

    code = "purchases.open"


class AmountTaken(Conflict):
    """The amount of a rejected purchase has gone to another one: buy anew."""

    code = "purchases.amount_taken"


class RefundTooLarge(Unmet):
    """More would be given back than was paid (`paid`)."""

    code = "purchases.refund_too_large"


class RefundInFuture(Invalid):
    """Money that has not been given back yet is not recorded."""

    code = "purchases.refund_in_future"


class ReceiptNotFound(NotFound):
    """There is no receipt: the purchase was never paid, or the receipt is being drawn."""

    code = "purchases.receipt_not_found"


class SeatsLeft(Conflict):
    """Nobody waits for a batch that has seats: buy one."""

    code = "purchases.seats_left"


class AlreadyWaiting(Conflict):
    """The person stands in the line for the batch."""

    code = "purchases.already_waiting"


class NotWaiting(NotFound):
    """The person does not stand in the line for the batch."""

    code = "purchases.not_waiting"


class StatementRefused(Unmet):
    """The file is no bank statement that can be read. `reason` is a `StatementFault`, `detail` where or what."""

    code = "purchases.statement_refused"


class PreviewNotFound(NotFound):
    """The job has no preview of a bank statement, or it was too long ago."""

    code = "purchases.preview_not_found"


class PreviewIsStale(Conflict):
    """Purchases have changed since the preview: `count` of them, `rows` tells the first."""

    code = "purchases.preview_is_stale"
