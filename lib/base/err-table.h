/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Every error the product can report, once: enum name, D-Bus name below mx.idsed1.Error., exit status of idsectl, and
 * the sentence shown when nothing more precise is known. The manual, dbus/ and po/ are checked against this table.
 *
 * ERR_TABLE(X): X(id, dbus_name, exit_status, text)
 */
#define ERR_TABLE(X)                                                                                         \
    /* general */                                                                                            \
    X(FAILED, "Failed", EXIT_STATUS_FAILURE, N_("The operation failed"))                                     \
    X(IO, "IOError", EXIT_STATUS_FAILURE, N_("Reading or writing failed"))                                   \
    X(BUSY, "Busy", EXIT_STATUS_PORTAL, N_("Too much is under way; try again in a moment"))                  \
    X(USAGE, "Usage", EXIT_STATUS_USAGE, N_("The command line is not right"))                                \
    X(INVALID_ARGUMENT, "InvalidArgument", EXIT_STATUS_USAGE, N_("An argument is not valid"))                \
    X(UNKNOWN_OPTION, "UnknownOption", EXIT_STATUS_USAGE, N_("An option is not known"))                      \
    X(CONFIG, "Config", EXIT_STATUS_FAILURE, N_("The configuration is not valid"))                           \
    X(ACCESS_DENIED, "AccessDenied", EXIT_STATUS_DENIED, N_("Not authorised"))                               \
    X(UNREACHABLE, "DaemonUnreachable", EXIT_STATUS_UNREACHABLE, N_("The daemon cannot be reached"))         \
    /* things that are not there, or already are */                                                          \
    X(UNKNOWN_LOT, "UnknownLot", EXIT_STATUS_NOT_FOUND, N_("There is no such lot"))                          \
    X(UNKNOWN_RP, "UnknownRegistration", EXIT_STATUS_NOT_FOUND, N_("This registro patronal is not known"))   \
    X(UNKNOWN_CERTIFICATE, "UnknownCertificate", EXIT_STATUS_NOT_FOUND, N_("There is no such certificate"))  \
    X(UNKNOWN_FILE, "UnknownFile", EXIT_STATUS_NOT_FOUND, N_("There is no such file"))                       \
    X(UNKNOWN_DOCUMENT, "UnknownDocument", EXIT_STATUS_NOT_FOUND, N_("There is no such document"))           \
    X(UNKNOWN_WORKER, "UnknownWorker", EXIT_STATUS_NOT_FOUND, N_("There is no such worker"))                 \
    X(ERASED, "Erased", EXIT_STATUS_NOT_FOUND, N_("This was erased because it need not be kept any more"))   \
    X(UNKNOWN_PROFILE, "UnknownProfile", EXIT_STATUS_NOT_FOUND, N_("There is no such portal profile"))       \
    X(UNKNOWN_CODE, "UnknownCode", EXIT_STATUS_NOT_FOUND, N_("This rejection code is not known"))            \
    X(RP_EXISTS, "RegistrationExists", EXIT_STATUS_FAILURE, N_("This registro patronal is already there"))   \
    X(RP_IN_USE, "RegistrationInUse", EXIT_STATUS_FAILURE, N_("This registro patronal has open lots"))       \
    X(CERTIFICATE_EXISTS, "CertificateExists", EXIT_STATUS_FAILURE, N_("This certificate is already there")) \
    X(RESTORED_COPY, "RestoredCopy", EXIT_STATUS_HELD,                                                       \
      N_("This is a restored copy, and nothing is sent until it is released"))                               \
    X(WRONG_STATE, "WrongState", EXIT_STATUS_FAILURE, N_("The lot's state does not allow this"))             \
    /* input */                                                                                              \
    X(INVALID_FILE, "InvalidFile", EXIT_STATUS_INVALID, N_("The file is not valid"))                         \
    X(TOO_LARGE, "TooLarge", EXIT_STATUS_INVALID, N_("The input is too large"))                              \
    X(DUPLICATE_MOVEMENT, "DuplicateMovement", EXIT_STATUS_INVALID,                                          \
      N_("A movement was already sent or is under way"))                                                     \
    X(INVALID_RP, "InvalidRegistration", EXIT_STATUS_INVALID, N_("The registro patronal is not valid"))      \
    /* credentials */                                                                                        \
    X(WRONG_PASSWORD, "WrongPassword", EXIT_STATUS_INVALID, N_("The password does not open the key"))        \
    X(NOT_A_CERTIFICATE, "NotACertificate", EXIT_STATUS_INVALID, N_("The file is not a certificate"))        \
    X(NOT_A_KEY, "NotAKey", EXIT_STATUS_INVALID, N_("The file is not an encrypted private key"))             \
    X(KEY_MISMATCH, "KeyMismatch", EXIT_STATUS_INVALID, N_("The key does not belong to the certificate"))    \
    X(CERTIFICATE_EXPIRED, "CertificateExpired", EXIT_STATUS_INVALID, N_("The certificate has expired"))     \
    X(CERTIFICATE_NOT_YET_VALID, "CertificateNotYetValid", EXIT_STATUS_INVALID,                              \
      N_("The certificate is not valid yet"))                                                                \
    X(CERTIFICATE_IS_CSD, "CertificateIsCSD", EXIT_STATUS_INVALID,                                           \
      N_("This is a CSD (sello digital), not an e.firma"))                                                   \
    X(UNSUPPORTED_CIPHER, "UnsupportedCipher", EXIT_STATUS_INVALID, N_("The key's cipher is not supported")) \
    X(INVALID_CREDENTIAL, "InvalidCredential", EXIT_STATUS_INVALID,                                          \
      N_("The user or the password breaks a rule of its kind of certificate"))                               \
    X(SEAL_BROKEN, "SealBroken", EXIT_STATUS_FAILURE, N_("A sealed secret cannot be opened with this key"))  \
    /* users */                                                                                              \
    X(WRONG_LOGIN, "WrongLogin", EXIT_STATUS_DENIED, N_("The user or the password is not right"))            \
    X(WRONG_CODE, "WrongCode", EXIT_STATUS_DENIED, N_("The code is not right, or no longer valid"))          \
    X(TOO_MANY_ATTEMPTS, "TooManyAttempts", EXIT_STATUS_PORTAL, N_("There were too many wrong attempts"))    \
    X(SESSION_ENDED, "SessionEnded", EXIT_STATUS_DENIED, N_("The session has ended; log in again"))          \
    X(UNKNOWN_USER, "UnknownUser", EXIT_STATUS_NOT_FOUND, N_("There is no such user"))                       \
    X(USER_EXISTS, "UserExists", EXIT_STATUS_FAILURE, N_("This user is already there"))                      \
    X(USER_DISABLED, "UserDisabled", EXIT_STATUS_DENIED, N_("The user is disabled"))                         \
    X(INVALID_USER, "InvalidUser", EXIT_STATUS_INVALID, N_("What was said of the user is not valid"))        \
    X(WEAK_PASSWORD, "WeakPassword", EXIT_STATUS_INVALID, N_("The password is too easy to guess"))           \
    X(NOT_ACCEPTED, "NotAccepted", EXIT_STATUS_INVALID,                                                      \
      N_("The privacy notice and the service agreement must be accepted"))                                   \
    X(MAIL_NOT_CONFIGURED, "MailNotConfigured", EXIT_STATUS_FAILURE, N_("No mail relay is configured"))      \
    X(MAIL_FAILED, "MailFailed", EXIT_STATUS_PORTAL, N_("The mail could not be handed over"))                \
    /* the portal */                                                                                         \
    X(CREDENTIAL_REJECTED, "CredentialRejected", EXIT_STATUS_HELD, N_("The portal refused the credentials")) \
    X(PORTAL_UNAVAILABLE, "PortalUnavailable", EXIT_STATUS_PORTAL, N_("The portal is not available"))        \
    X(PORTAL_CHANGED, "PortalChanged", EXIT_STATUS_HELD, N_("The portal answered with an unknown page"))     \
    X(PROFILE_INCOMPLETE, "ProfileIncomplete", EXIT_STATUS_HELD,                                             \
      N_("The portal profile does not know this step"))                                                      \
    X(UNREADABLE_RECEIPT, "UnreadableReceipt", EXIT_STATUS_HELD, N_("A receipt could not be understood"))    \
    /* storage */                                                                                            \
    X(STORE, "Store", EXIT_STATUS_FAILURE, N_("The database reported an error"))                             \
    X(STORE_NEWER, "StoreNewer", EXIT_STATUS_FAILURE,                                                        \
      N_("The database was written by a newer version of idsed"))                                            \
    X(STORE_CORRUPT, "StoreCorrupt", EXIT_STATUS_FAILURE, N_("The database is damaged"))
