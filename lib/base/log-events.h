/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Every event of the journal: its word, which is IDSE_EVENT there and `what` of the signal Attention, and its MESSAGE_ID,
 * under which systemd/idsed.catalog tells what it means and what to do. An id is never used for something else.
 *
 * LOG_EVENT_TABLE(X): X(word, message id)
 */
#define LOG_EVENT_TABLE(X)                                                                                   \
    /* the daemon */                                                                                         \
    X("started", "c6ac19b531d24ccc87f7535d895b410e")                                                         \
    X("start-failed", "2528b188410c4694aac6f99692275fa7")                                                    \
    X("stopping", "f9002309138c4c6e8e938550d7b247d1")                                                        \
    X("configuration-read", "8d678be32880457fa69e757285c3c1f2")                                              \
    X("configuration-invalid", "7f95f8d78eaa4c9f80b9f793544c817e")                                           \
    X("no-sealing-key", "80bd25168ca34687b0375288f28dc217")                                                  \
    X("no-limits", "9752b267820f42c383e3d5a4d54a2537")                                                       \
    X("no-advice", "48b981cc99bf47cb88b4ede1d0daacf3")                                                       \
    X("database-failed", "6cdb78857ff4467e87b0298b1e6ef054")                                                 \
    X("restored-copy", "0d6b6a1f4be14b0f8f0a3cbb5f0e2d17")                                                   \
    X("clock-set", "882accd8895545dd82dd36184a01849e")                                                       \
    X("resumed", "3c59ed91216d47779bc9b0886b725172")                                                         \
    X("network-changed", "54196718dd7940878a935a88ec047726")                                                 \
    X("hooks-dropped", "c8f8b872a31241408ae7979b042a571a")                                                   \
    /* lots */                                                                                               \
    X("lot-state", "06e62d437086422a8f58efc24132e61d")                                                       \
    X("rejected", "d63cca67923a4c8ca17b28e23567c6ff")                                                        \
    X("failed", "1c0741be0bc04db1ba94d2eb5ebc98d1")                                                          \
    X("uncertain", "08b85e7c7dfd4f478cd24c7d3c5e24e1")                                                       \
    X("found", "dae214b55ea240acb512187af72248ff")                                                           \
    X("absent", "718c5d85dd654b79ad7226b0c39c6947")                                                          \
    X("quarantined", "ff6006ec0f61439c821dda9c37c142c8")                                                     \
    X("waits", "7c1e5a02b6f94d0e9a83d4f1c6b25e70")                                                           \
    X("deadline-near", "5b0d8c47e1fa4d62a6f3c1b7709e2d14")                                                   \
    X("deadline-missed", "c2a7f06d93b84e1f8d5e40b16a7c93f8")                                                 \
    X("spool-refused", "4a70e1c95dd34b6e9f1c08b7a2653ed1")                                                   \
    X("spool-stuck", "93c5d2f7b8a0461e8d3e7a5f10c94b26")                                                     \
    /* certificates */                                                                                       \
    X("visit-failed", "c4f1b57c1d18425799282e50bea88701")                                                    \
    X("certificate-expiring", "cf5059686aae42e9bfc63f341e872741")                                            \
    X("certificate-expired", "c1a91aacd52c4ab0bf0595bff0c61d9d")                                             \
    X("certificate-rejected", "b6050a7917454b33ada1a082a309d670")                                            \
    X("certificate-replaced", "d8da5554a4834c3ab621214df2e3cb36")                                            \
    X("certificate-revoked", "57bbc6a833ad4b6b8ca5169e204d65d9")                                             \
    /* the portal */                                                                                         \
    X("portal-down", "e2d4ff8d4adf4db4b73fbe5a21a8db23")                                                     \
    X("portal-changed", "67d5de4b31bc489fac371d6bd0a46389")                                                  \
    X("profile-incomplete", "261cc7af15ae405ab7ffd417d9af73b8")                                              \
    X("clock-wrong", "8e3f5a1c64d04b7f9b2d7c90e1a6f385")                                                     \
    X("clock-agrees", "1d94b7e20c5f4a83be6a5f7d38c2e017")
