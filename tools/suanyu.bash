# Bash completion of suanyu. The words come from `suanyu --commands`: one command a line, its words
# first, then (after a tab) what it takes; a line that begins with `-` is an option.
# shellcheck shell=bash

# The words that may stand after those given, from the lines of --commands.
_suanyu_next() {
    "$1" --commands 2>/dev/null </dev/null | awk -F '\t' -v typed="${*:2}" '
        BEGIN { count = split(typed, have, " ") }
        {
            words = split($1, word, " ")
            for (i = 1; i <= count && word[i] == have[i]; i++);
            if (i > count && words > count) print word[i]
        }'
}

_suanyu() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} word i verb=()
    COMPREPLY=()
    if [ "$before" = -s ]; then # its value is the control socket
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -s | --catalog | --from | --zone) i=$((i + 1)) ;;
        -*) ;;
        *) verb+=("${COMP_WORDS[i]}") ;;
        esac
    done
    if [[ $current == -* ]]; then verb=(); fi
    word=$(_suanyu_next "${COMP_WORDS[0]}" "${verb[@]}" | sort -u)
    if [[ $current != -* ]]; then word=$(grep -v '^-' <<<"$word"); fi
    mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
    if [ "${#COMPREPLY[@]}" -eq 0 ] && [ "${#verb[@]}" -gt 0 ]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current") # zone import takes a file
    fi
}

complete -F _suanyu suanyu
