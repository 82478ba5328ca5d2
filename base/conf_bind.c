#include "base/conf_bind.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

/* What the field of CONF_LIST and CONF_MAPS looks like, whatever its elements are. */
struct items {
    void *data;
    size_t count;
};

static const char *const kind_names[] = {
    [CONF_BIND_SCALAR] = "a value",
    [CONF_BIND_LIST] = "a list",
    [CONF_BIND_MAP] = "a map",
};

static int bind_map(struct conf_bind *bind, const struct conf_bind_node *node,
                    const struct conf_map *map, void *out_data);

/* --- the path of keys, for messages -------------------------------------------------------------- */

/* Append to the path, cut to its room; the caller sets path_len back to what it was. */
__attribute__((format(printf, 2, 3))) static void enter(struct conf_bind *bind, const char *format,
                                                        ...)
{
    size_t room = sizeof bind->path - bind->path_len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(bind->path + bind->path_len, room, format, args);
    va_end(args);
    if (len > 0) {
        bind->path_len += (size_t)len < room ? (size_t)len : room - 1;
    }
}

static void enter_key(struct conf_bind *bind, const char *key)
{
    enter(bind, "%s%s", bind->path_len ? "." : "", key);
}

static void leave(struct conf_bind *bind, size_t path_len)
{
    bind->path_len = path_len;
    bind->path[path_len] = 0;
}

__attribute__((format(printf, 4, 5))) static int
fail(struct conf_bind *bind, int err, const struct conf_bind_node *node, const char *format, ...)
{
    char text[sizeof bind->at->text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_at_set(bind->at, err, node->line, node->column, "%s%s%s", bind->path,
                      bind->path_len ? ": " : "", text);
}

/* --- scalars ------------------------------------------------------------------------------------- */

static bool is_secret(const struct conf_row *row)
{
    return row->type == &conf_type_secret;
}

/* A text cut to 40 octets, not inside a UTF-8 character. */
static int cut(const char *text)
{
    size_t len = strnlen(text, 41);
    if (len <= 40) {
        return (int)len;
    }
    for (len = 40; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--) {
    }
    return (int)len;
}

static int fail_kind(struct conf_bind *bind, const struct conf_row *row,
                     const struct conf_bind_node *node)
{
    char expected[120];
    conf_type_expect(row, expected, sizeof expected);
    if (node->is_empty) {
        const char *hint =
            row->shape == CONF_ONE ? "leave the key out" : "write [] or leave it out";
        return fail(bind, ERR_VALUE, node, "expected %s, found nothing (%s)", expected, hint);
    }
    return fail(bind, ERR_VALUE, node, "expected %s, found %s", expected, kind_names[node->kind]);
}

static int bind_text(struct conf_bind *bind, const struct conf_row *row,
                     const struct conf_bind_node *node, const char *text, void *out_field)
{
    struct conf_value value = {text, row, bind->folder, bind->arena, ""};
    int err = row->type->parse(&value, out_field);
    if (!err || bind->arena->overflowed) {
        return !err ? 0 : fail(bind, ERR_LIMIT, node, "the configuration is too large");
    }
    char expected[120];
    conf_type_expect(row, expected, sizeof expected);
    const char *lead = value.why[0] ? ": " : "";
    if (is_secret(row)) { /* an error must not carry a secret into a log */
        return fail(bind, err, node, "expected %s%s%s", expected, lead, value.why);
    }
    return fail(bind, err, node, "expected %s, found \"%.*s\"%s%s", expected, cut(text), text, lead,
                value.why);
}

static int bind_scalar(struct conf_bind *bind, const struct conf_row *row,
                       const struct conf_bind_node *node, void *out_field)
{
    if (node->kind != CONF_BIND_SCALAR || node->is_empty) {
        return fail_kind(bind, row, node);
    }
    return bind_text(bind, row, node, node->text, out_field);
}

/* --- lists --------------------------------------------------------------------------------------- */

/* At most twice a node (a list of one without brackets): there is room for no more. */
static void keep_place(struct conf_bind *bind, const void *data, size_t size,
                       const struct conf_bind_node *node)
{
    bind->places[bind->place_count++] =
        (struct conf_bind_place){data, size, node->line, node->column};
}

/* Memory for count elements; NULL for none and when the arena is full. */
static int take_items(struct conf_bind *bind, const struct conf_bind_node *node, size_t count,
                      size_t size, struct items *out_items)
{
    *out_items = (struct items){NULL, count};
    if (count > 0) {
        out_items->data = count <= SIZE_MAX / size ? arena_take(bind->arena, count * size) : NULL;
    }
    if (count > 0 && !out_items->data) {
        return fail(bind, ERR_LIMIT, node, "the configuration is too large");
    }
    return 0;
}

static int bind_list(struct conf_bind *bind, const struct conf_row *row,
                     const struct conf_bind_node *node, struct items *out_items)
{
    /* A list of one may stand without brackets. */
    bool alone = node->kind == CONF_BIND_SCALAR && !node->is_empty;
    if (node->kind != CONF_BIND_LIST && !alone) {
        return fail_kind(bind, row, node);
    }
    struct conf_row one = *row; /* the row of an element */
    one.shape = CONF_ONE;
    size_t size = row->type->size;
    int err = take_items(bind, node, alone ? 1 : node->count, size, out_items);
    const struct conf_bind_node *child = alone ? node : node->first;
    for (size_t i = 0; !err && i < out_items->count; i++, child = child->next) {
        size_t path_len = bind->path_len;
        if (!alone) {
            enter(bind, "[%zu]", i);
        }
        void *element = (char *)out_items->data + i * size;
        err = bind_scalar(bind, &one, child, element);
        if (!err) {
            keep_place(bind, element, size, child);
            leave(bind, path_len);
        }
    }
    return err;
}

static int bind_maps(struct conf_bind *bind, const struct conf_row *row,
                     const struct conf_bind_node *node, struct items *out_items)
{
    if (node->kind != CONF_BIND_LIST) {
        return fail_kind(bind, row, node);
    }
    int err = take_items(bind, node, node->count, row->map->size, out_items);
    const struct conf_bind_node *child = node->first;
    for (size_t i = 0; !err && i < out_items->count; i++, child = child->next) {
        size_t path_len = bind->path_len;
        enter(bind, "[%zu]", i);
        void *element = (char *)out_items->data + i * row->map->size;
        err = bind_map(bind, child, row->map, element);
        if (!err) {
            keep_place(bind, element, row->map->size, child);
            leave(bind, path_len);
        }
    }
    return err;
}

/* Bind the preset of a list, "a, b", as if it stood in the file. */
static int preset_list(struct conf_bind *bind, const struct conf_row *row,
                       const struct conf_bind_node *map_node, struct items *out_items)
{
    char copy[200];
    size_t count = 1;
    CHECK(strlen(row->preset) < sizeof copy);
    memcpy(copy, row->preset, strlen(row->preset) + 1);
    for (char *at = copy; (at = strstr(at, ", ")); at += 2) {
        *at = 0;
        count++;
    }
    int err = take_items(bind, map_node, count, row->type->size, out_items);
    const char *text = copy;
    for (size_t i = 0; !err && i < count; i++) {
        err = bind_text(bind, row, map_node, text, (char *)out_items->data + i * row->type->size);
        text += strlen(text) + 2;
    }
    return err;
}

/* --- maps ---------------------------------------------------------------------------------------- */

/* Edits (insert, drop, change, swap of neighbours) that turn a into b; both shorter than 64. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][64];
    size_t b_len = strlen(b);
    for (unsigned j = 0; j <= b_len; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_len; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = above2[j - 2] + 1 < best ? above2[j - 2] + 1 : best;
            }
            row[j] = best;
        }
    }
    return rows[strlen(a) % 3][b_len];
}

static int fail_unknown(struct conf_bind *bind, const struct conf_bind_node *key,
                        const struct conf_map *map)
{
    const char *nearest = NULL;
    size_t len = strlen(key->text);
    unsigned least = len < 8 ? (unsigned)len / 4 + 2 : 4; /* farther is no slip of the finger */
    for (size_t i = 0; len < 64 && i < map->count; i++) {
        unsigned steps = distance(key->text, map->rows[i].key);
        if (steps < least) {
            least = steps;
            nearest = map->rows[i].key;
        }
    }
    if (nearest) {
        return fail(bind, ERR_VALUE, key, "unknown key \"%.*s\", did you mean \"%s\"?",
                    cut(key->text), key->text, nearest);
    }
    return fail(bind, ERR_VALUE, key, "unknown key \"%.*s\"", cut(key->text), key->text);
}

static bool is_used(const struct conf_bind *bind, const struct conf_row *row)
{
    bool used = false;
    for (size_t i = 0; i < bind->later_count; i++) {
        used = used || bind->later[i].row == row;
    }
    return used;
}

static int bind_row(struct conf_bind *bind, const struct conf_row *row,
                    const struct conf_bind_node *node, void *out_field)
{
    int err = 0;
    size_t path_len = bind->path_len;
    enter_key(bind, row->key);
    switch (row->shape) {
    case CONF_ONE:
        CHECK(row->size == row->type->size);
        err = bind_scalar(bind, row, node, out_field);
        break;
    case CONF_LIST:
        CHECK(row->size == sizeof(struct items));
        err = bind_list(bind, row, node, out_field);
        break;
    case CONF_MAP:
        CHECK(row->size == row->map->size);
        err = bind_map(bind, node, row->map, out_field);
        break;
    case CONF_MAPS:
        CHECK(row->size == sizeof(struct items));
        err = bind_maps(bind, row, node, out_field);
        break;
    }
    if (err) {
        return err;
    }
    leave(bind, path_len);
    keep_place(bind, out_field, row->size, node);
    bool later = (row->flags & CONF_LATER) && (node->kind == CONF_BIND_SCALAR || node->count > 0);
    if (later && !is_used(bind, row) && bind->later_count < CONF_BIND_LATER_MAX) {
        bind->later[bind->later_count++] = (struct conf_bind_later){row, out_field};
    }
    return 0;
}

/* A key that the file does not give. */
static int bind_absent(struct conf_bind *bind, const struct conf_row *row,
                       const struct conf_bind_node *map_node, void *out_field)
{
    size_t path_len = bind->path_len;
    enter_key(bind, row->key);
    int err = 0;
    if (row->flags & CONF_REQUIRED) {
        err = fail(bind, ERR_MISSING, map_node, "required key is missing: %s", row->help);
    } else if (row->shape == CONF_MAP) {
        struct conf_bind_node empty = *map_node;
        empty.count = 0;
        empty.first = NULL;
        err = bind_map(bind, &empty, row->map, out_field);
    } else if (row->preset && row->shape == CONF_LIST) {
        err = preset_list(bind, row, map_node, out_field);
    } else if (row->preset) {
        err = bind_text(bind, row, map_node, row->preset, out_field);
    }
    if (!err) {
        leave(bind, path_len);
    }
    return err;
}

static int bind_map(struct conf_bind *bind, const struct conf_bind_node *node,
                    const struct conf_map *map, void *out_data)
{
    const struct conf_bind_node *given[CONF_BIND_KEYS_MAX] = {NULL};
    CHECK(map->count <= CONF_BIND_KEYS_MAX);
    if (node->kind != CONF_BIND_MAP) {
        return fail(bind, ERR_VALUE, node, "expected a map of keys, found %s",
                    node->is_empty ? "nothing" : kind_names[node->kind]);
    }
    for (const struct conf_bind_node *key = node->first; key; key = key->next->next) {
        size_t i = 0;
        while (i < map->count && strcmp(map->rows[i].key, key->text) != 0) {
            i++;
        }
        if (i == map->count) {
            return fail_unknown(bind, key, map);
        }
        if (given[i]) {
            return fail(bind, ERR_EXISTS, key, "key \"%s\" is given twice, first in line %u",
                        key->text, given[i]->line);
        }
        given[i] = key;
        int err = bind_row(bind, &map->rows[i], key->next, (char *)out_data + map->rows[i].offset);
        if (err) {
            return err;
        }
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct conf_row *row = &map->rows[i];
        int err = given[i] ? 0 : bind_absent(bind, row, node, (char *)out_data + row->offset);
        if (err) {
            return err;
        }
    }
    return 0;
}

int conf_bind_map(struct conf_bind *bind, const struct conf_bind_node *root,
                  const struct conf_map *map, void *out_data)
{
    int err = bind_map(bind, root, map, out_data);
    if (!err) {
        keep_place(bind, out_data, map->size, root);
    }
    return err;
}

const struct conf_bind_place *conf_bind_find(const struct conf_bind *bind, const void *data)
{
    const struct conf_bind_place *best = NULL;
    for (size_t i = 0; i < bind->place_count; i++) {
        const struct conf_bind_place *place = &bind->places[i];
        uintptr_t offset =
            (uintptr_t)data - (uintptr_t)place->data; /* huge when data stands before */
        if (offset < place->size && (!best || place->size < best->size)) {
            best = place;
        }
    }
    return best;
}
