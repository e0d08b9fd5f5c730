/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One list of columns per table, X(column, field type, struct, member), gives the texts of its statements and
 * the mapping of its rows, so that the order is the same everywhere.
 */
#define COLUMN_FIELD(column, type, record, member) DB_FIELD(type, record, member),
#define COLUMN_NAME(column, ...)                   ", " #column
#define COLUMN_SET(column, ...)                    ", " #column " = ?"
#define COLUMN_SAME(column, ...)                   " AND " #column " IS ?"
#define COLUMN_PARAMETER(...)                      ", ?"

/* The first column stands outside of the list: it is the key and saves the comma. */
#define SQL_SELECT(key, LIST) "SELECT " key LIST(COLUMN_NAME)
#define SQL_INSERT(table, key, LIST)                                                                         \
    "INSERT INTO " table "(" key LIST(COLUMN_NAME) ") VALUES (?" LIST(COLUMN_PARAMETER) ")"
/*
 * ?1 is the key, the members follow. `kept`, a column that is not NULL, keeps its value and saves the comma. The key must
 * not stand there: SQLite would look through every table that refers to it.
 */
#define SQL_UPDATE(table, key, kept, LIST)                                                                   \
    "UPDATE " table " SET " kept " = coalesce(" kept ", ?1)" LIST(COLUMN_SET) " WHERE " key " = ?1"
