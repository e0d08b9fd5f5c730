# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for idsectl; the program itself knows the candidates.
function __idsectl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (idsectl complete -- $words[2..-1] 2>/dev/null)
    switch "$lines[1]"
        case :files
            __fish_complete_path (string replace -r -- '^--[^=]*=' '' $words[-1])
        case :folders
            __fish_complete_directories (string replace -r -- '^--[^=]*=' '' $words[-1])
        case '*'
            printf '%s\n' $lines
    end
end
complete -c idsectl -f -a '(__idsectl_complete)'
