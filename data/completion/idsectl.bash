# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for idsectl; the program itself knows the candidates.
_idsectl() {
    local line=${COMP_LINE:0:COMP_POINT} words candidates first
    # The line is read anew, because bash cuts words at "=".
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    local current=${words[-1]}
    mapfile -t candidates < <(idsectl complete -- "${words[@]:1}" 2>/dev/null)
    first=${candidates[0]-}
    current=${current#--*=}
    case $first in
    :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    :folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    *)
        COMPREPLY=("${candidates[@]%%$'\t'*}")
        COMPREPLY=("${COMPREPLY[@]#--*=}")
        ;;
    esac
}
complete -F _idsectl idsectl
