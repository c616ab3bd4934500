using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Graft.Testing;

namespace Graft.House.Tests;

/// <summary>What stands for a user's program sees of the libraries what a user sees.</summary>
public class FriendshipTests
{
    private const string Outside = "Graft.Outside.Tests";

    [Fact]
    public void Nobody_calls_the_outside_or_a_sample_a_friend()
    {
        string[] strangers = [Outside, "Graft.Samples.Tests", .. Samples()];
        var friends = from assembly in Room.All.Select(room => room.Assembly).Append(typeof(RealData).Assembly)
                      from friend in assembly.GetCustomAttributes<InternalsVisibleToAttribute>()
                      where strangers.Contains(friend.AssemblyName.Split(',')[0], StringComparer.OrdinalIgnoreCase)
                      select $"{assembly.GetName().Name} shows its internals to {friend.AssemblyName}";
        Assert.Empty(friends);

        var written = from file in Directory.EnumerateFiles(RealData.Repository, "*.*proj", SearchOption.AllDirectories)
                      where !file.StartsWith(Path.Combine(RealData.Repository, "artifacts"), StringComparison.Ordinal)
                      from element in XDocument.Load(file).Descendants("InternalsVisibleTo")
                      let name = element.Attribute("Include")!.Value
                      where strangers.Contains(name, StringComparer.OrdinalIgnoreCase)
                      select $"{Path.GetRelativePath(RealData.Repository, file)}: {name}";
        Assert.Empty(written);
    }

    [Fact]
    public void The_outside_project_stands_where_the_rule_looks_for_it() =>
        Assert.True(File.Exists(Path.Combine(RealData.Repository, "tests", "Outside.Tests", "Outside.Tests.csproj")));

    private static IEnumerable<string> Samples() =>
        from file in Directory.EnumerateFiles(Path.Combine(RealData.Repository, "samples"), "*.csproj", SearchOption.AllDirectories)
        let named = XDocument.Load(file).Descendants("AssemblyName").SingleOrDefault()?.Value
        select named ?? Path.GetFileNameWithoutExtension(file);
}
