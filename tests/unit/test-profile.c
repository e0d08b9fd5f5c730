/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "portal/profile.h"
#include "portal/step.h"

static char dir[] = "/tmp/idsed-profile-XXXXXX";
static const char *const dirs[] = {dir, NULL};

static int make_dir(void **state)
{
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    return rmdir(dir);
}

/* The profile that `text` is, or NULL with the error's text. */
static struct profile *load(const char *text, struct err *err)
{
    struct profile *profile = NULL;
    _cleanup_free_ char *path = xasprintf("%s/x.profile", dir);
    assert_int_equal(file_replace(path, 0600, text, strlen(text), NULL), 0);
    profile_load(dirs, "x", &profile, err);
    unlink(path);
    return profile;
}

#define HEAD "[portal]\ntitle=T\nurl=https://h/x/\nuser-agent=U\nerror-box=e\n"
#define STEPS                                                                                                \
    "[login]\nsure=known\npath=l\nexpect=id:a\n[list]\nsure=known\npath=r\nexpect=text:b\nrows=50 500\n"     \
    "table-class=t\nprocessed-class=p\ncsv-link=CSV\n"

static void the_shipped_profiles_are_sound(void **state)
{
    const char *const shipped[] = {getenv("IDSED_PROFILES"), NULL};
    char **names = profile_names(shipped);
    assert_string_equal(names[0], "idse-sim");
    assert_string_equal(names[1], "imss");
    for (char **name = names; *name; name++) {
        _cleanup_(profile_cleanup) struct profile *profile = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        if (profile_load(shipped, *name, &profile, &err) < 0)
            fail_msg("%s", err_text(&err));
        bool practice = streq(*name, "idse-sim");
        assert_int_equal(profile_knows(profile, PROFILE_STEP_UPLOAD), practice);
        assert_true(profile_needs_nonce(&profile->steps[PROFILE_STEP_LOGIN]));
        for (int i = 0; practice && i < _PROFILE_STEP_MAX; i++)
            assert_int_equal(profile->steps[i].sure, PROFILE_KNOWN);
        free(*name);
    }
    free(names);
}

static void a_profile_is_read_as_it_is_written(void **state)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(profile_cleanup) struct profile *profile = load(
        HEAD STEPS "[inside]\nfail=session-lost error:sesi & error:inv & !id:q\n"
                   "[upload]\nsure=assumed\nmethod=POST\nform=multipart\npath=u?${rp}\nheader=A: ${user}\n"
                   "field=n=${nonce}\nfile=f=${rp}.txt\nfield=v=a=b\nsign=records\nexpect=id:l\nlot=l\n"
                   "[sequence]\nsure=known\npath=s\nmedia=text/plain\n",
        &err);
    if (!profile)
        fail_msg("%s", err_text(&err));
    const struct profile_step *upload = &profile->steps[PROFILE_STEP_UPLOAD];
    assert_true(upload->post && upload->multipart && profile_needs_nonce(upload));
    assert_int_equal(upload->sign, PROFILE_SIGN_RECORDS);
    assert_int_equal(upload->n_fields, 3);
    assert_true(upload->fields[1].file);
    assert_string_equal(upload->fields[2].value, "a=b");
    assert_int_equal(profile->inside.items[0].reason, REASON_SESSION_LOST);
    assert_int_equal(profile->inside.items[0].when.n, 3);
    assert_true(profile->inside.items[0].when.items[2].absent);
    assert_int_equal(profile->steps[PROFILE_STEP_LIST].rows[1], 500);
    assert_int_equal(profile->steps[PROFILE_STEP_LIST].rows[2], 0);
    assert_false(profile_knows(profile, PROFILE_STEP_CSV));
}

static void a_wrong_line_is_named(void **state)
{
    static const struct {
        const char *text, *what; /* line and a word of the complaint */
    } cases[] = {
        {HEAD STEPS "colour=red\n", ":18: unknown key 'colour'"},
        {HEAD "[lgoin]\nsure=known\n", ":7: unknown section"},
        {HEAD "[login]\nfield=a=${pasword}\n", ":7: unknown variable"},
        {HEAD "[login]\nsure=kown\n", ":7: 'kown' is not one of the allowed words; perhaps known"},
        {HEAD "[login]\nfail=bad text:x\n", ":7: 'bad' is not a reason"},
        {HEAD "[login]\nexpect=words\n", ":7: a mark is"},
        {HEAD "[list]\nrows=500 50\n", ":7: '500 50'"},
        {HEAD "[login]\npath=a\npath=b\n", ":8: this key may stand only once"},
        {"[portal]\nurl=http://h/\n", ":2: the URL must begin with https"},
        {"[portal]\nurl\n", ":2: not 'key = value'"},
        {HEAD, "[login] and [list] must be known"},
        {STEPS, "[portal] needs"},
        {HEAD STEPS "[acuse]\nsure=assumed\npath=a\n", "neither what page nor what media type"},
        {HEAD STEPS "[menu]\nsure=known\npath=${nonce}\nexpect=id:a\n", "needs a nonce"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct profile *profile = load(cases[i].text, &err);
        if (profile)
            fail_msg("%s was taken", cases[i].text);
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.text, cases[i].what))
            fail_msg("'%s' instead of '%s'", err.text, cases[i].what);
    }
}

static void names_stay_within_their_folder(void **state)
{
    static const char *const names[] = {"none", "../x", "", ".x", "a/b", "x\ny"};
    for (size_t i = 0; i < ELEMENTSOF(names); i++) {
        struct profile *profile;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_true(profile_load(dirs, names[i], &profile, &err) < 0);
        assert_int_equal(err.code, ERR_UNKNOWN_PROFILE);
    }
}

static const char *const values[_PROFILE_VARIABLE_MAX] = {[PROFILE_VARIABLE_USER] = "josé & co",
                                                          [PROFILE_VARIABLE_PKCS7] =
                                                              "AB+/=-----END+PKCS7-----",
                                                          [PROFILE_VARIABLE_RP] = "Z9900001108"};

static void requests_are_built_from_templates(void **state)
{
    struct profile_field fields[] = {{(char *)"idUsuario", (char *)"${user}", false},
                                     {(char *)"pkcs7", (char *)"${pkcs7}", false},
                                     {(char *)"vacío", (char *)"${lot}", false}};
    struct profile_step step = {
        .post = true, .path = (char *)"P.idse?rp=${rp}", .fields = fields, .n_fields = 3};
    struct step_request request;
    step_request_build(&step, "https://h/x/", values, NULL, 0, &request);
    assert_string_equal(request.url, "https://h/x/P.idse?rp=Z9900001108");
    assert_string_equal(request.body.data,
                        "idUsuario=jos%C3%A9+%26+co&pkcs7=AB%2B%2F%3D-----END%2BPKCS7-----&"
                        "vac%C3%ADo=");
    step_request_free(&request);

    struct profile_field file = {(char *)"archivo", (char *)"${rp}.txt", true};
    step = (struct profile_step){
        .post = true, .multipart = true, .path = (char *)"", .fields = &file, .n_fields = 1};
    static const char records[] = "a\0b\r\n";
    step_request_build(&step, "https://h/", values, records, sizeof(records) - 1, &request);
    assert_true(str_starts(request.content_type, "multipart/form-data; boundary="));
    const char *part = strstr(request.body.data, "\r\n\r\n") + 4;
    assert_memory_equal(part, records, sizeof(records) - 1);
    assert_non_null(strstr(request.body.data, "name=\"archivo\"; filename=\"Z9900001108.txt\""));
    step_request_free(&request);
}

static void a_signature_travels_as_the_step_wants_it(void **state)
{
    static char bytes[100];
    memset(bytes, 0xFB, sizeof(bytes));
    const struct buf der = {.data = bytes, .len = sizeof(bytes)};
    _cleanup_free_ char *quirk = step_pkcs7_text(PROFILE_PEM_QUIRK, &der),
                        *pem = step_pkcs7_text(PROFILE_PEM, &der),
                        *bare = step_pkcs7_text(PROFILE_BASE64, &der);
    assert_int_equal(strlen(bare), 136);
    assert_true(str_starts(bare, "+/v7+/v7") && str_starts(quirk, bare));
    assert_string_equal(bare + 132, "+w==");
    assert_string_equal(quirk + 136, "-----END+PKCS7-----");
    assert_true(str_starts(pem, "-----BEGIN PKCS7-----\n+/v7"));
    assert_int_equal(strcspn(pem + 22, "\n"), 64);
    assert_non_null(strstr(pem, "\n-----END PKCS7-----\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_profiles_are_sound),
        cmocka_unit_test(a_profile_is_read_as_it_is_written),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(names_stay_within_their_folder),
        cmocka_unit_test(requests_are_built_from_templates),
        cmocka_unit_test(a_signature_travels_as_the_step_wants_it),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
