using System.CommandLine;

namespace FastMlp.Cli;

/// <summary>
/// <c>fastmlp completion</c>: a script that makes a shell complete this command. Each script asks the command itself, by the
/// directive <c>[suggest:POSITION]</c>, so it never has to change.
/// </summary>
internal sealed class CompletionCommand : CliCommand
{
    // The command is asked what may stand in the place of the word under way; the shell picks what the word begins. Where a data
    // set or a file may stand, the suggestions have options among them: they are left out unless a dash was typed, and the shell's
    // own files are added.
    private const string Bash = """
        # fastmlp: add to ~/.bashrc the line: source <(fastmlp completion bash)
        _fastmlp() {
            local word=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} found
            local IFS=$'\n'
            line=${line%"$word"}
            found=$(fastmlp "[suggest:${#line}]" "$line" 2>/dev/null)
            COMPREPLY=()
            if [[ $word != -* && $found == *--* ]]; then
                found=$(grep -v '^-' <<<"$found")
                if (( COMP_CWORD > 1 )); then COMPREPLY=($(compgen -f -- "$word")); fi
            fi
            COMPREPLY+=($(compgen -W "$found" -- "$word"))
        }
        complete -o default -o filenames -F _fastmlp fastmlp
        """;

    private const string Zsh = """
        #compdef fastmlp
        # fastmlp: add to ~/.zshrc, behind compinit, the line: source <(fastmlp completion zsh)
        _fastmlp() {
            local line="${(j: :)words[1,CURRENT-1]} "
            local -a found
            found=("${(@f)$(fastmlp "[suggest:${#line}]" "$line" 2>/dev/null)}")
            if [[ $words[CURRENT] != -* && -n ${(M)found:#--*} ]]; then
                found=(${found:#-*})
                (( CURRENT > 2 )) && _files
            elif [[ -z $found ]]; then
                _files
            fi
            (( $#found )) && compadd -a found
        }
        compdef _fastmlp fastmlp
        """;

    private const string Fish = """
        # fastmlp: write this to ~/.config/fish/completions/fastmlp.fish
        function __fastmlp_found
            set -l line (commandline -cp)
            fastmlp "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c fastmlp -a '(__fastmlp_found)'
        """;

    private const string PowerShell = """
        # fastmlp: add to $PROFILE the line: fastmlp completion powershell | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName fastmlp -ScriptBlock {
            param($word, $command, $position)
            $line = $command.ToString().PadRight($position).Substring(0, $position)
            fastmlp "[suggest:$position]" $line | Where-Object { $_ -like "$word*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;

    private static readonly Dictionary<string, string> scripts = new()
    {
        ["bash"] = Bash,
        ["zsh"] = Zsh,
        ["fish"] = Fish,
        ["powershell"] = PowerShell,
    };

    private readonly Argument<string> shell = new("SHELL") { Description = string.Join(", ", scripts.Keys) };

    public CompletionCommand(CommandContext context)
        : base(context, "completion", "Print a script that makes a shell complete fastmlp; its first line says where it goes.")
    {
        shell.AcceptOnlyFromAmong([.. scripts.Keys]);
        Add(shell);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "source <(fastmlp completion bash)",
        "fastmlp completion fish > ~/.config/fish/completions/fastmlp.fish",
    ];

    protected override int Run(ParseResult parsed)
    {
        string name = parsed.GetRequiredValue(shell);
        string script = scripts[name].ReplaceLineEndings("\n");
        if (AsJson(parsed))
        {
            Console.WriteJson(json =>
            {
                json.WriteString("command", "completion");
                json.WriteString("shell", name);
                json.WriteString("script", script);
            });
        }
        else
        {
            Console.Output.Write(script + "\n");
        }

        return ExitCode.Done;
    }
}
