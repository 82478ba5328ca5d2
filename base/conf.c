#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "base/conf_bind.h"
#include "base/mem.h"

enum {
    TREE_MAX = 256 << 20, /* octets of the tree of a file, gone after the load */
    DATA_MAX = 128 << 20, /* octets of the structs */
    WARNINGS_MAX = 32,
};

struct conf {
    struct arena arena; /* data, places, texts and warnings */
    void *data;
    const char *path;
    mode_t mode;           /* of the file, 0 for memory */
    struct conf_bind bind; /* keeps the places */
    struct conf *part;
    const void *part_field; /* that names it */
    struct err_at warnings[WARNINGS_MAX];
    size_t warning_count;
};

/* The tree while it grows out of the parser's events. */
struct tree {
    struct arena arena;
    struct conf_bind_node
        *open[CONF_DEPTH_MAX]; /* maps and lists that are not complete, outermost first */
    size_t depth;
    struct conf_bind_node *root;
    size_t count;    /* nodes */
    size_t document; /* documents begun */
    bool done;       /* the stream has ended */
    int err;         /* first error, or 0 */
    struct err_at *at;
};

/* --- events into a tree -------------------------------------------------------------------------- */

static void fail(struct tree *tree, int err, yaml_mark_t mark, const char *text)
{
    if (!tree->err) {
        tree->err = err_at_set(tree->at, err, (unsigned)mark.line + 1, (unsigned)mark.column + 1,
                               "%s", text);
    }
}

/* A new node at its place in the tree; NULL after an error. */
static struct conf_bind_node *add_node(struct tree *tree, enum conf_bind_kind kind,
                                       const yaml_event_t *event)
{
    struct conf_bind_node *parent = tree->depth ? tree->open[tree->depth - 1] : NULL;
    bool is_key = parent && parent->kind == CONF_BIND_MAP && parent->count % 2 == 0;
    if (is_key && kind != CONF_BIND_SCALAR) {
        fail(tree, ERR_SYNTAX, event->start_mark, "a key must be a single word");
    }
    struct conf_bind_node *node = tree->err ? NULL : arena_take(&tree->arena, sizeof *node);
    if (!node) {
        fail(tree, ERR_LIMIT, event->start_mark, "the configuration is too large");
        return NULL;
    }
    node->kind = kind;
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    tree->count++;
    if (!parent) {
        tree->root = node;
    } else if (parent->last) {
        parent->last->next = node;
    } else {
        parent->first = node;
    }
    if (parent) {
        parent->last = node;
        parent->count++;
    }
    return node;
}

/* Anchors would let a value stand elsewhere than where it is read, tags would change what it means. */
static void check_plain(struct tree *tree, const yaml_event_t *event, const yaml_char_t *anchor,
                        const yaml_char_t *tag)
{
    if (anchor) {
        fail(tree, ERR_SYNTAX, event->start_mark, "anchors (&) are not allowed");
    }
    if (tag) {
        fail(tree, ERR_SYNTAX, event->start_mark, "tags (!) are not allowed");
    }
}

static void on_scalar(struct tree *tree, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    check_plain(tree, event, event->data.scalar.anchor, event->data.scalar.tag);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f) {
            fail(tree, ERR_SYNTAX, event->start_mark,
                 "control characters and line breaks are not allowed in a value");
        }
    }
    struct conf_bind_node *node = add_node(tree, CONF_BIND_SCALAR, event);
    if (!node) {
        return;
    }
    node->text = arena_copy(&tree->arena, text, len);
    if (!node->text) {
        fail(tree, ERR_LIMIT, event->start_mark, "the configuration is too large");
        return;
    }
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->is_empty = is_plain && (len == 0 || !strcmp(text, "~") || !strcmp(text, "null"));
}

static void on_open(struct tree *tree, enum conf_bind_kind kind, const yaml_event_t *event)
{
    if (kind == CONF_BIND_MAP) {
        check_plain(tree, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    } else {
        check_plain(tree, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
    }
    if (tree->depth == CONF_DEPTH_MAX) {
        fail(tree, ERR_LIMIT, event->start_mark, "maps and lists are nested too deeply");
    }
    struct conf_bind_node *node = add_node(tree, kind, event);
    if (node) {
        tree->open[tree->depth++] = node;
    }
}

static void on_event(struct tree *tree, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    case YAML_STREAM_END_EVENT:
        tree->done = true;
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (tree->document++) {
            fail(tree, ERR_SYNTAX, event->start_mark, "a second document is not allowed");
        }
        break;
    case YAML_ALIAS_EVENT:
        fail(tree, ERR_SYNTAX, event->start_mark, "aliases (*) are not allowed");
        break;
    case YAML_SCALAR_EVENT:
        on_scalar(tree, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_open(tree, CONF_BIND_LIST, event);
        break;
    case YAML_MAPPING_START_EVENT:
        on_open(tree, CONF_BIND_MAP, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        tree->depth--;
        break;
    }
}

/* The parser's own error. One of encoding has no mark, only an offset. */
static void fail_yaml(struct tree *tree, const yaml_parser_t *parser, const char *text, size_t len)
{
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_MEMORY_ERROR) {
        tree->err = err_at_set(tree->at, ERR_MEMORY, 0, 0, "%s", err_text(ERR_MEMORY));
        return;
    }
    if (parser->error != YAML_READER_ERROR) {
        fail(tree, ERR_SYNTAX, parser->problem_mark, problem);
        return;
    }
    size_t end = parser->problem_offset < len ? parser->problem_offset : len;
    unsigned line = 1;
    size_t start = 0;
    for (size_t i = 0; i < end; i++) {
        if (text[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    tree->err = err_at_set(tree->at, ERR_SYNTAX, line, (unsigned)(end - start) + 1, "%s", problem);
}

static int build_tree(struct tree *tree, const char *text, size_t len)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return err_at_set(tree->at, ERR_MEMORY, 0, 0, "%s", err_text(ERR_MEMORY));
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    while (!tree->err && !tree->done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            fail_yaml(tree, &parser, text, len);
            break;
        }
        on_event(tree, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (!tree->err && !tree->root) {
        return err_at_set(tree->at, ERR_SYNTAX, 1, 1,
                          "expected a map of keys, found an empty file");
    }
    return tree->err;
}

/* --- load ---------------------------------------------------------------------------------------- */

/* Texts that bind needs, in the arena of the configuration. */
static int prepare(struct conf *conf, const char *path, size_t nodes, struct err_at *at)
{
    const char *slash = strrchr(path, '/');
    conf->path = arena_copy(&conf->arena, path, strlen(path));
    conf->bind = (struct conf_bind){
        .arena = &conf->arena,
        .folder = arena_copy(&conf->arena, path, slash ? (size_t)(slash - path) + 1 : 0),
        .at = at,
        .places = arena_take(&conf->arena, 2 * nodes * sizeof(struct conf_bind_place)),
    };
    return conf->arena.overflowed ? ERR_LIMIT : 0;
}

/* The fields that nothing obeys yet, as warnings. */
static void warn_later(struct conf *conf)
{
    for (size_t i = 0; i < conf->bind.later_count; i++) {
        const struct conf_bind_later *later = &conf->bind.later[i];
        conf_warn(conf, later->field, "%s takes effect later", later->row->key);
    }
}

static int parse(const char *path, const char *text, size_t len, const struct conf_map *map,
                 struct conf **out_conf, struct err_at *at)
{
    struct conf *conf = mem_alloc(sizeof *conf);
    struct tree tree = {.at = at};
    arena_init(&conf->arena, DATA_MAX);
    arena_init(&tree.arena, TREE_MAX);
    int err = build_tree(&tree, text, len);
    err = err ? err : prepare(conf, path, tree.count, at);
    conf->data = err ? NULL : arena_take(&conf->arena, map->size);
    if (!err && conf->data) {
        err = conf_bind_map(&conf->bind, tree.root, map, conf->data);
    } else if (!err || conf->arena.overflowed) {
        err = err_at_set(at, ERR_LIMIT, 0, 0, "the configuration is too large");
    }
    arena_finish(&tree.arena);
    if (err) {
        conf_free(conf);
        return err;
    }
    conf->bind.at = NULL; /* the caller's, who may be gone */
    warn_later(conf);
    *out_conf = conf;
    return 0;
}

int conf_parse(const char *path, const char *text, size_t len, const struct conf_map *map,
               struct conf **out_conf, struct err_at *at)
{
    if (at) {
        *at = (struct err_at){.file = path};
    }
    if (len > CONF_FILE_MAX) {
        return err_at_set(at, ERR_LIMIT, 0, 0, "larger than %u octets", CONF_FILE_MAX);
    }
    return parse(path, text, len, map, out_conf, at);
}

/* Read up to one octet more than allowed, so that too much shows. */
static int read_all(int fd, char *text, size_t *out_len)
{
    size_t len = 0;
    while (len <= CONF_FILE_MAX) {
        ssize_t got = read(fd, text + len, CONF_FILE_MAX + 1 - len);
        if (got < 0 && errno != EINTR) {
            return -errno;
        }
        if (got == 0) {
            break;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    *out_len = len;
    return 0;
}

int conf_load(const char *path, const struct conf_map *map, struct conf **out_conf,
              struct err_at *at)
{
    if (at) {
        *at = (struct err_at){.file = path};
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        int err = -errno;
        return err_at_set(at, err, 0, 0, "%s", err_text(err));
    }
    struct stat st;
    mode_t mode = fstat(fd, &st) == 0 ? st.st_mode : 0;
    char *text = mem_alloc(CONF_FILE_MAX + 1);
    size_t len = 0;
    int err = read_all(fd, text, &len);
    close(fd);
    if (err) {
        err_at_set(at, err, 0, 0, "%s", err_text(err));
    } else {
        err = conf_parse(path, text, len, map, out_conf, at);
    }
    mem_free(text);
    if (!err) {
        (*out_conf)->mode = mode;
    }
    return err;
}

void conf_free(struct conf *conf)
{
    if (conf) {
        conf_free(conf->part);
        arena_finish(&conf->arena);
        mem_free(conf);
    }
}

void *conf_data(struct conf *conf)
{
    return conf->data;
}

bool conf_is_public(const struct conf *conf)
{
    return S_ISREG(conf->mode) && (conf->mode & S_IROTH);
}

bool conf_is_private(const struct conf *conf)
{
    return S_ISREG(conf->mode) && !(conf->mode & (S_IWGRP | S_IRWXO));
}

void conf_adopt(struct conf *conf, const void *field, struct conf *part)
{
    conf->part = part;
    conf->part_field = field;
}

/* --- the semantic pass --------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 0))) static void describe(const struct conf *conf,
                                                           const void *field, struct err_at *at,
                                                           const char *format, va_list args)
{
    const struct conf_bind_place *place = conf_bind_find(&conf->bind, field);
    const struct conf_bind_place *inside =
        conf->part ? conf_bind_find(&conf->part->bind, field) : NULL;
    size_t len = 0;
    if (inside) {
        place = conf_bind_find(&conf->bind, conf->part_field);
        (void)snprintf(at->text, sizeof at->text, "%s:%u:%u: ", conf->part->path, inside->line,
                       inside->column);
        len = strlen(at->text);
    }
    at->file = conf->path;
    at->line = place ? place->line : 0;
    at->column = place ? place->column : 0;
    (void)vsnprintf(at->text + len, sizeof at->text - len, format, args);
}

int conf_blame(const struct conf *conf, const void *field, struct err_at *at, int err,
               const char *format, ...)
{
    if (at) {
        va_list args;
        va_start(args, format);
        const char *file =
            at->file; /* the path of the load's caller, which outlives the configuration */
        describe(conf, field, at, format, args);
        at->file = file;
        va_end(args);
    }
    return err;
}

int conf_blame_file(const struct conf *conf, const void *field, struct err_at *at, int err,
                    const struct err_at *inside)
{
    if (inside->line == 0) {
        return conf_blame(conf, field, at, err, "%s: %s", inside->file, inside->text);
    }
    return conf_blame(conf, field, at, err, "%s:%u:%u: %s", inside->file, inside->line,
                      inside->column, inside->text);
}

void conf_warn(struct conf *conf, const void *field, const char *format, ...)
{
    if (conf->warning_count < WARNINGS_MAX) {
        va_list args;
        va_start(args, format);
        describe(conf, field, &conf->warnings[conf->warning_count++], format, args);
        va_end(args);
    }
}

const struct err_at *conf_warning(const struct conf *conf, size_t i)
{
    return i < conf->warning_count ? &conf->warnings[i] : NULL;
}
