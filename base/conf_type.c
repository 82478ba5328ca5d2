#include "base/conf_type.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

enum {
    SECRET_FILE_MAX = 4096, /* octets of base64 in a secret's file */
    PATH_OCTETS = 4096,     /* of a path, its end included */
};

/* A factor that a suffix stands for; each list ends with the suffix 0, factor 1. */
struct suffix {
    char letter;
    uint64_t factor;
};

static const struct suffix sizes[] = {
    {'t', 1ULL << 40}, {'g', 1ULL << 30}, {'m', 1ULL << 20}, {'k', 1ULL << 10}, {0, 1},
};
static const struct suffix durations[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}, {0, 1}};
static const struct suffix plain[] = {{0, 1}};

__attribute__((format(printf, 2, 3))) static int refuse(struct conf_value *value,
                                                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(value->why, sizeof value->why, format, args);
    va_end(args);
    return ERR_VALUE;
}

/* Digits and one suffix of the list. No sign, no blank, no leading zero: 010 is eight for some and
 * ten for others. */
static int parse_number(struct conf_value *value, const struct suffix *suffix, uint64_t most,
                        uint64_t *out_number)
{
    const char *at = value->text;
    uint64_t number = 0;
    bool fits = true;
    for (; *at >= '0' && *at <= '9'; at++) {
        fits = fits && !__builtin_mul_overflow(number, 10u, &number) &&
               !__builtin_add_overflow(number, (uint64_t)(*at - '0'), &number);
    }
    if (at == value->text) {
        return ERR_VALUE;
    }
    if (value->text[0] == '0' && at > value->text + 1) {
        return refuse(value, "leading zero");
    }
    while (suffix->letter && suffix->letter != *at) {
        suffix++;
    }
    at += suffix->letter ? 1 : 0;
    if (*at) {
        return ERR_VALUE;
    }
    fits = fits && !__builtin_mul_overflow(number, suffix->factor, &number);
    const struct conf_row *row = value->row;
    bool limited = row->min || row->max;
    if (!fits || number > most || (limited && (number < row->min || number > row->max))) {
        return refuse(value, "out of range");
    }
    *out_number = number;
    return 0;
}

static int parse_uint(struct conf_value *value, void *out_field)
{
    uint64_t number = 0;
    int err = parse_number(value, plain, UINT32_MAX, &number);
    if (!err) {
        *(uint32_t *)out_field = (uint32_t)number;
    }
    return err;
}

static int parse_size(struct conf_value *value, void *out_field)
{
    return parse_number(value, sizes, UINT64_MAX, out_field);
}

static int parse_duration(struct conf_value *value, void *out_field)
{
    uint64_t number = 0;
    int err = parse_number(value, durations, UINT32_MAX, &number);
    if (!err) {
        *(uint32_t *)out_field = (uint32_t)number;
    }
    return err;
}

static int parse_bool(struct conf_value *value, void *out_field)
{
    static const char *const words[] = {"no", "yes", "off", "on", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!strcmp(value->text, words[i])) {
            *(bool *)out_field = i % 2 == 1;
            return 0;
        }
    }
    return ERR_VALUE;
}

int conf_type_parse_word(struct conf_value *value, void *out_field)
{
    const char *const *words = value->row->type->words;
    for (int i = 0; words[i]; i++) {
        if (!strcmp(value->text, words[i])) {
            memcpy(out_field, &i, sizeof i);
            return 0;
        }
    }
    return ERR_VALUE;
}

static int check_octets(struct conf_value *value, size_t len)
{
    const struct conf_row *row = value->row;
    if ((row->min || row->max) && (len < row->min || len > row->max)) {
        return refuse(value, "%zu octets", len);
    }
    return 0;
}

static int keep_text(struct conf_value *value, const char *text, void *out_field)
{
    int err = check_octets(value, strlen(text));
    const char *copy = err ? NULL : arena_copy(value->arena, text, strlen(text));
    if (!copy) {
        return err ? err : ERR_LIMIT;
    }
    *(const char **)out_field = copy;
    return 0;
}

static int parse_text(struct conf_value *value, void *out_field)
{
    return keep_text(value, value->text, out_field);
}

/* A path as it is opened: absolute, or below the folder of the file. */
static int resolve(struct conf_value *value, char out_path[PATH_OCTETS])
{
    if (!value->text[0]) {
        return ERR_VALUE;
    }
    const char *folder = value->text[0] == '/' ? "" : value->folder;
    int len = snprintf(out_path, PATH_OCTETS, "%s%s", folder, value->text);
    return len < 0 || len >= PATH_OCTETS ? refuse(value, "too long") : 0;
}

static int parse_path(struct conf_value *value, void *out_field)
{
    char path[PATH_OCTETS];
    int err = resolve(value, path);
    return err ? err : keep_text(value, path, out_field);
}

static int sextet(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* Base64 with its padding (RFC 4648 section 4); bits that no octet uses must be zero, so that a cut
 * text shows. */
static int parse_base64(struct conf_value *value, const char *text, size_t len, void *out_field)
{
    size_t digits = len;
    while (digits > 0 && len - digits < 2 && text[digits - 1] == '=') {
        digits--;
    }
    if (len == 0 || len % 4 != 0) {
        return refuse(value, "not base64");
    }
    struct conf_octets octets = {arena_take(value->arena, len / 4 * 3), 0};
    if (!octets.data) {
        return ERR_LIMIT;
    }
    unsigned bits = 0;
    unsigned pending = 0;
    for (size_t i = 0; i < digits; i++) {
        int six = sextet(text[i]);
        if (six < 0) {
            return refuse(value, "not base64");
        }
        bits = (bits << 6 | (unsigned)six) & 0xfff;
        pending += 6;
        if (pending >= 8) {
            pending -= 8;
            octets.data[octets.len++] = (uint8_t)(bits >> pending);
        }
    }
    if (bits & ((1u << pending) - 1)) {
        return refuse(value, "not base64: bits left over");
    }
    int err = check_octets(value, octets.len);
    if (!err) {
        *(struct conf_octets *)out_field = octets;
    }
    return err;
}

static int parse_secret(struct conf_value *value, void *out_field)
{
    return parse_base64(value, value->text, strlen(value->text), out_field);
}

/* The mode is that of the open file, not of the path: the path may be changed between the two
 * looks. */
static int read_secret(struct conf_value *value, int fd, void *out_field)
{
    struct stat st;
    char text[SECRET_FILE_MAX + 1];
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (!S_ISREG(st.st_mode)) {
        return refuse(value, "not a regular file");
    }
    if (st.st_mode & (S_IWGRP | S_IRWXO)) {
        return refuse(value, "mode %03o lets others at it: chmod go-w,o-rwx",
                      (unsigned)st.st_mode & 0777);
    }
    ssize_t got = read(fd, text, sizeof text);
    if (got < 0) {
        return -errno;
    }
    if ((size_t)got > SECRET_FILE_MAX) {
        return refuse(value, "larger than %d octets", SECRET_FILE_MAX);
    }
    size_t len = (size_t)got;
    while (len > 0 && strchr(" \t\r\n", text[len - 1])) {
        len--;
    }
    int err = parse_base64(value, text, len, out_field);
    explicit_bzero(text, sizeof text);
    return err;
}

static int parse_secret_file(struct conf_value *value, void *out_field)
{
    char path[PATH_OCTETS];
    int err = resolve(value, path);
    if (err) {
        return err;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    err = fd < 0 ? -errno : read_secret(value, fd, out_field);
    if (fd >= 0) {
        close(fd);
    }
    if (err && !value->why[0]) {
        (void)refuse(value, "%s", err_text(err));
    }
    return err;
}

const struct conf_type conf_type_bool = {"yes or no", sizeof(bool), NULL, parse_bool};
const struct conf_type conf_type_uint = {"number", sizeof(uint32_t), NULL, parse_uint};
const struct conf_type conf_type_size = {"size", sizeof(uint64_t), NULL, parse_size};
const struct conf_type conf_type_duration = {"duration", sizeof(uint32_t), NULL, parse_duration};
const struct conf_type conf_type_text = {"text", sizeof(char *), NULL, parse_text};
const struct conf_type conf_type_path = {"path", sizeof(char *), NULL, parse_path};
const struct conf_type conf_type_secret = {"base64", sizeof(struct conf_octets), NULL,
                                           parse_secret};
const struct conf_type conf_type_secret_file = {
    "path of a file with base64", sizeof(struct conf_octets), NULL, parse_secret_file};

/* A number with the largest suffix that divides it. */
static void print_number(const struct suffix *suffix, uint64_t number, char out_text[32])
{
    while (suffix->letter && (number == 0 || number % suffix->factor)) {
        suffix++;
    }
    (void)snprintf(out_text, 32, "%llu%.1s", (unsigned long long)(number / suffix->factor),
                   &suffix->letter);
}

static const struct suffix *suffixes_of(const struct conf_type *type)
{
    if (type == &conf_type_size) {
        return sizes;
    }
    return type == &conf_type_duration ? durations : plain;
}

static void print_limits(const struct conf_row *row, char *out_text, size_t size)
{
    char min[32];
    char max[32];
    print_number(suffixes_of(row->type), row->min, min);
    print_number(suffixes_of(row->type), row->max, max);
    bool counted = row->type == &conf_type_uint || suffixes_of(row->type) != plain;
    const char *unit = counted ? "" : " octets";
    const char *lead = counted ? "from" : "of";
    if (row->min == row->max) {
        (void)snprintf(out_text, size, " of %s%s", max, unit);
    } else if (row->min <= 1 && !counted) {
        (void)snprintf(out_text, size, " of at most %s%s", max, unit);
    } else {
        (void)snprintf(out_text, size, " %s %s to %s%s", lead, min, max, unit);
    }
}

void conf_type_expect(const struct conf_row *row, char *out_text, size_t size)
{
    static const char *const maps[] = {[CONF_MAP] = "map", [CONF_MAPS] = "list of maps"};
    const struct conf_type *type = row->type;
    if (!type) {
        (void)snprintf(out_text, size, "%s", maps[row->shape]);
        return;
    }
    int len =
        snprintf(out_text, size, "%s%s", row->shape == CONF_LIST ? "list of " : "", type->name);
    for (size_t i = 0; type->words && type->words[i]; i++) {
        size_t at = strlen(out_text);
        (void)snprintf(out_text + at, size - at, "%s%s", i ? ", " : " of ", type->words[i]);
    }
    if ((row->min || row->max) && len > 0 && (size_t)len < size) {
        print_limits(row, out_text + len, size - (size_t)len);
    }
}

static void print_row(FILE *out, const char *prefix, const struct conf_row *row)
{
    char expected[200];
    conf_type_expect(row, expected, sizeof expected);
    fprintf(out, "%s%s%s\t%s\t%s\t%s\t%s%s%s\t%s\n", prefix, row->key,
            row->shape == CONF_MAPS ? "[]" : "", expected, row->preset ? row->preset : "-",
            row->unit, row->flags & CONF_REQUIRED ? "required" : "",
            row->flags == (CONF_REQUIRED | CONF_LATER) ? "," : "",
            row->flags & CONF_LATER ? "later" : "", row->help);
}

static void print_rows(FILE *out, const char *prefix, const struct conf_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct conf_row *row = &map->rows[i];
        print_row(out, prefix, row);
        if (row->map) {
            char *below =
                mem_print("%s%s%s.", prefix, row->key, row->shape == CONF_MAPS ? "[]" : "");
            print_rows(out, below, row->map);
            mem_free(below);
        }
    }
}

void conf_type_print_rows(FILE *out, const struct conf_map *map)
{
    print_rows(out, "", map);
}
