"""Words for purchases and prices. Source: contract sections 2.7, 2.9, 2.10 and 5.1."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "purchases.not_found": Word(
        "purchase tidak ditemukan", "there is no such purchase", message="Purchase Doesn't Exist"
    ),
    "purchases.not_yours": Word("Purchase ini bukan milik Anda", "This purchase is not yours", message="Akses ditolak"),
    "purchases.not_yours_to_pay": Word("akses ditolak: bukan milik Anda", "access denied: not yours"),
    "purchases.group_not_found": Word("Group not found", "Group not found"),
    "purchases.group_exists": Word("Grup '{group}' sudah memiliki harga", "The group '{group}' has a price already"),
    "purchases.price_missing": Word("Harga untuk grup '{group}' belum ditentukan", "The group '{group}' has no price"),
    "purchases.group_missing": Word("User belum memiliki GroupType yang valid", "Your profile names no valid group"),
    "purchases.group_not_allowed": Word(
        "Batch ini tidak tersedia untuk GroupType '{group}'", "This batch is not for the group '{group}'"
    ),
    "purchases.group_not_verified": Word(
        "Harga mahasiswa memerlukan verifikasi grup oleh admin",
        "A student's price needs a group that an admin has verified",
    ),
    "purchases.registration_not_open": Word("Pendaftaran batch belum dibuka", "Registration has not begun"),
    "purchases.registration_closed": Word("Pendaftaran batch sudah ditutup", "Registration is over"),
    "purchases.already": Word(
        "Anda sudah memiliki transaksi untuk batch ini", "You have a purchase of this batch already"
    ),
    "purchases.amounts_used_up": Word(
        "Semua kode unik sedang terpakai, silakan coba lagi nanti", "Every amount is reserved, please try again later"
    ),
    "purchases.amount_taken": Word(
        "Nominal transfer ini sudah dipakai transaksi lain, silakan buat pembelian baru",
        "Another purchase has this amount now, please buy anew",
    ),
    "purchases.payment_impossible": Word(
        "pembayaran tidak bisa diproses, status saat ini: {state}",
        "the payment cannot be taken, the present status is: {state}",
    ),
    "purchases.payment_too_late": Word(
        "pembayaran tidak bisa diproses karena transaksi sudah kedaluwarsa",
        "the payment cannot be taken, the purchase has expired",
    ),
    "purchases.cancel_impossible": Word(
        "tidak bisa membatalkan purchase dengan status: {state}", "a purchase cannot be cancelled with status: {state}"
    ),
    "purchases.move_forbidden": Word(
        "status tidak bisa diubah dari {before} ke {after}", "the status cannot go from {before} to {after}"
    ),
    "purchases.reason_missing": Word(
        "alasan wajib diisi untuk membatalkan pembayaran", "a reason is needed to take back a payment"
    ),
    "purchases.refund_too_large": Word(
        "pengembalian tidak boleh melebihi jumlah yang dibayar (Rp {paid})",
        "no more than was paid (Rp {paid}) can be given back",
    ),
    "purchases.refund_in_future": Word(
        "pengembalian dana belum terjadi", "money that is given back in future is not recorded"
    ),
    "purchases.receipt_not_found": Word("Kwitansi belum tersedia", "There is no receipt yet"),
    "purchases.seats_left": Word(
        "Batch ini masih memiliki kursi, silakan langsung mendaftar", "The batch has seats left, please buy one"
    ),
    "purchases.already_waiting": Word(
        "Anda sudah ada di daftar tunggu batch ini", "You are on the wait list of this batch already"
    ),
    "purchases.not_waiting": Word(
        "Anda tidak ada di daftar tunggu batch ini", "You are not on the wait list of this batch"
    ),
    "purchases.statement_refused": Word(
        "Mutasi rekening tidak dapat dibaca: {reason}", "The bank statement cannot be read: {reason}"
    ),
    "purchases.preview_not_found": Word("Pratinjau mutasi tidak ditemukan", "There is no such preview of a statement"),
    "purchases.preview_is_stale": Word(
        "{count} transaksi sudah berubah sejak pratinjau; tidak ada yang dikonfirmasi",
        "Purchases that have changed since the preview: {count}; nothing was confirmed",
    ),
    "purchases.open": Word(
        "Data grup tidak dapat diubah selama ada transaksi yang belum selesai",
        "The group stays as it is while a purchase is open",
    ),
}
