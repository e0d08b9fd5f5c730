/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/receipt-value.h"

#include "base/text.h"

bool value_count(const char *text, uint32_t *ret)
{
    uint64_t value = 0;
    if (!*text || *text == ',' || strlen(text) > 9)
        return false;
    for (; *text; text++) {
        if (*text == ',')
            continue;
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *ret = (uint32_t)value;
    return true;
}

bool value_type(const char *text, enum movement_type *ret)
{
    text += *text == '0';
    if (!streq(text, "2") && !streq(text, "7") && !streq(text, "8"))
        return false;
    *ret = (enum movement_type)(*text - '0');
    return true;
}

bool value_is_nss(const char *text)
{
    return str_all_digits(text) && strlen(text) == 11;
}

bool value_money(const char *text, int32_t *ret)
{
    text += *text == '$';
    size_t n = strlen(text), whole = strcspn(text, "."), first = strcspn(text, ",.");
    int64_t value = 0;
    if (n > 12 || n != whole + 3 || first == 0 || (first < whole && first > 3) ||
        (text[0] == '0' && whole > 1))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool comma = first < whole && i < whole && (i - first) % 4 == 0 && i >= first;
        if (i == whole || (comma && text[i] == ','))
            continue;
        if (comma || text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    if ((first < whole && (whole - first) % 4 != 0) || value > INT32_MAX)
        return false;
    *ret = (int32_t)value;
    return true;
}

bool value_is_one_of(const char *text, const char *allowed)
{
    return text[0] && !text[1] && strchr(allowed, text[0]);
}

bool value_is_umf(const char *text)
{
    return str_all_digits(text) && strlen(text) <= 3;
}

bool value_is_error_code(const char *text)
{
    return text[0] == '0' && strlen(text) == 3 && str_all_digits(text);
}
