# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for idsectl; the program itself knows the candidates.
function __idsectl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (idsectl complete -- $words[2..-1] 2>/dev/null)
    # The shell completes what stands behind "--option=", and the option goes in front again.
    set -l before (string match -r -- '^--[^=]*=' $words[-1])
    set -l begun (string replace -r -- '^--[^=]*=' '' $words[-1])
    switch "$lines[1]"
        case :files
            printf '%s\n' "$before"(__fish_complete_path "$begun")
        case :folders
            printf '%s\n' "$before"(__fish_complete_directories "$begun")
        case '*'
            printf '%s\n' $lines
    end
end
complete -c idsectl -f -a '(__idsectl_complete)'
