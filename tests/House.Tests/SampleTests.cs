using System.Text.RegularExpressions;
using Graft.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Graft.House.Tests;

/// <summary>Every <c>csharp</c> block of the README and of docs compiles against the libraries as they are. A block stands
/// alone; one that is marked <c>csharp continued</c> is compiled behind the one that it continues.</summary>
public partial class SampleTests
{
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; " +
        "global using System.Threading; global using System.Threading.Tasks;";

    private static readonly MetadataReference[] References = FindReferences();

    [Fact]
    public void Every_sample_compiles()
    {
        string docs = Path.Combine(RealData.Repository, "docs");
        string[] pages =
        [
            .. Directory.GetFiles(RealData.Repository, "*.md"),
            .. Directory.Exists(docs) ? Directory.GetFiles(docs, "*.md", SearchOption.AllDirectories) : [],
        ];
        var errors = from page in pages
                     from block in BlocksOf(File.ReadAllText(page))
                     from error in Compile(block.Code)
                     select $"{Path.GetRelativePath(RealData.Repository, page)}, block from line {block.Line}: {error}";
        Assert.True(!errors.Any(), string.Join('\n', errors));
    }

    [Fact]
    public void The_check_itself_tells_good_from_bad()
    {
        Assert.Empty(Compile("using Graft.Tensors;\nusing var x = Tensor.From<float>([2], [1f, 2f]);\nConsole.WriteLine(x.Shape);"));
        Assert.Empty(Compile("using Graft.Tensors;\nnamespace Mine;\npublic static class Shapes { public static Shape Square => [2, 2]; }"));
        Assert.Contains(Compile("using Graft.Tensors;\nTensor.NoSuchThing();"), error => error.Contains("NoSuchThing", StringComparison.Ordinal));
    }

    [Fact]
    public void A_continued_block_is_read_behind_the_blocks_before_it()
    {
        var blocks = BlocksOf("text\n```csharp\nint a = 1;\n```\n```text\nno code\n```\n```csharp continued\nConsole.WriteLine(a);\n```\n").ToArray();
        Assert.Equal(2, blocks.Length);
        Assert.Equal([2, 8], blocks.Select(block => block.Line));
        Assert.All(blocks, block => Assert.Empty(Compile(block.Code)));
    }

    private static IEnumerable<(int Line, string Code)> BlocksOf(string markdown)
    {
        string before = "";
        foreach (Match match in Fence().Matches(markdown.ReplaceLineEndings("\n")))
        {
            string code = match.Groups["code"].Value;
            before = match.Groups["continued"].Success ? before + code : code;
            yield return (markdown[..match.Index].Count(character => character == '\n') + 1, before);
        }
    }

    private static IEnumerable<string> Compile(string code)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        var sample = CSharpSyntaxTree.ParseText(code, options);
        bool program = sample.GetCompilationUnitRoot().Members.Any(member => member is GlobalStatementSyntax);
        var compilation = CSharpCompilation.Create(
            "Sample", [CSharpSyntaxTree.ParseText(ImplicitUsings, options), sample], References,
            new CSharpCompilationOptions(
                program ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString());
    }

    /// <summary>What an application that refers to Graft sees: the base class library and the public rooms.</summary>
    private static MetadataReference[] FindReferences()
    {
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        string library = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var files = platform.Split(Path.PathSeparator).Where(file => Path.GetDirectoryName(file) == library && IsManaged(file));
        // of packages those whose types the rooms' own types derive from
        string[] packages = [Path.Combine(AppContext.BaseDirectory, "Microsoft.Extensions.AI.Abstractions.dll")];
        return [.. files.Concat(Room.All.Select(room => room.Assembly.Location)).Concat(packages).Select(file => MetadataReference.CreateFromFile(file))];
    }

    private static bool IsManaged(string file) =>
        Path.GetFileName(file) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "mscorlib.dll");

    [GeneratedRegex(@"^```csharp(?<continued> continued)?[ \t]*\n(?<code>.*?)^```[ \t]*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
