_jebbitctl_completion() {
    local IFS=$'
'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" \
                   COMP_CWORD=$COMP_CWORD COMP_TYPE=$COMP_TYPE \
                   _JEBBITCTL_COMPLETE=complete_bash "${1/#\~\//$HOME/}" 2>/dev/null ) )
    return 0
}

complete -o default -F _jebbitctl_completion jebbitctl

