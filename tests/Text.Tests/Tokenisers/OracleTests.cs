namespace Graft.Text.Tokenisers;

public sealed class OracleTests
{
    public static TheoryData<string> Names => [.. OracleFiles.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Hard_lines_become_what_tokenizers_makes_of_them(string name)
    {
        using var oracle = new Oracle(OracleFiles.All[name]());
        string[] lines = HardLines.Draw(5000, 20261127);
        int[][] ids = [.. lines.Select(oracle.Encode)];
        Goldens.Same(lines, ids, line => oracle.Ours.Encode(line).Ids);
        Goldens.Same(ids, [.. ids.Select(oracle.Decode)], line => oracle.Ours.Decode(line, skipSpecialTokens: true, cleanUpSpaces: false));
    }
}
