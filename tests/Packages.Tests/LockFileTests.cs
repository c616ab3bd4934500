using System.Runtime.InteropServices;
using Graft.Testing;

namespace Graft.Packages.Tests;

/// <summary>Whoever refers to the projects from a solution of their own leaves their lock files as they are, whatever they restore
/// for. All of it happens in a copy of the repository's projects.</summary>
public sealed class LockFileTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("graft-locks-").FullName;

    private string Copy => Path.Combine(root, "graft");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_users_restores_leave_the_lock_files_alone_and_locked_restores_go_on()
    {
        CopyProjects();
        var before = LockFiles();
        Assert.NotEmpty(before);
        string runtime = RuntimeInformation.RuntimeIdentifier;

        string plain = User("plain", "");
        await Restore(plain, "-r", runtime);
        AssertUntouched(before, "a runtime identifier on the command line");
        // asking for locked mode is about the user's own lock file
        await Restore(plain, "-r", runtime, "--force-evaluate");
        await Restore(plain, "-p:RestoreLockedMode=true", "-r", runtime);
        AssertUntouched(before, "lock files of the user's own");

        await Restore(User("ahead-of-time", $"<RuntimeIdentifier>{runtime}</RuntimeIdentifier><PublishAot>true</PublishAot>", central: true));
        AssertUntouched(before, "a runtime identifier and PublishAot in the project, with packages managed centrally");

        await Restore(plain, "-p:PublishAot=true", "-p:PublishTrimmed=true", "-r", runtime);
        AssertUntouched(before, "publishing settings on the command line");

        string program = Path.Combine(root, "program.cs");
        await File.WriteAllTextAsync(program, $"#:project {Copy}/src/Transfer\nSystem.Console.WriteLine(Graft.Tensors.Device.Cpu.Name);\n");
        await CommandRun.DotNet(root, null, "restore", program);
        AssertUntouched(before, "a file-based program");

        await CommandRun.DotNet(Copy, null, "restore", "Graft.slnx", "--locked-mode");
        AssertUntouched(before, "the solution in locked mode");
    }

    [Fact]
    public async Task Another_patch_of_the_SDK_restores_what_the_lock_files_say()
    {
        CopyProjects();
        var before = LockFiles();
        // what another patch of the SDK would say in its own properties, before the projects' say
        string patch = Path.Combine(root, "patch.targets");
        await File.WriteAllTextAsync(patch, """
            <Project>
              <ItemGroup><KnownILLinkPack Update="Microsoft.NET.ILLink.Tasks" ILLinkPackVersion="10.0.0" /></ItemGroup>
            </Project>
            """);
        await CommandRun.DotNet(Copy, null, "restore", "Graft.slnx", "--locked-mode", $"-p:CustomBeforeMicrosoftCommonTargets={patch}");
        AssertUntouched(before, "another patch of the SDK");
        await CommandRun.DotNet(Copy, null, "restore", "Graft.slnx", "--force-evaluate", $"-p:CustomBeforeMicrosoftCommonTargets={patch}");
        AssertUntouched(before, "lock files written anew by another patch of the SDK");
    }

    private static Task<CommandRun> Restore(string project, params string[] options) => CommandRun.DotNet(project, null, ["restore", .. options]);

    /// <summary>A user's project that refers to ours, in a folder beside the copy.</summary>
    private string User(string name, string properties, bool central = false)
    {
        string folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        File.WriteAllText(Path.Combine(folder, $"{name}.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework>{properties}</PropertyGroup>
              <ItemGroup><ProjectReference Include="{Copy}/src/Transfer/Transfer.csproj" /></ItemGroup>
            </Project>
            """);
        if (central)
        {
            File.WriteAllText(
                Path.Combine(folder, "Directory.Packages.props"),
                "<Project><PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup></Project>");
        }
        return folder;
    }

    private Dictionary<string, byte[]> LockFiles() =>
        Directory.GetFiles(Copy, "packages.lock.json", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);

    private void AssertUntouched(Dictionary<string, byte[]> before, string after)
    {
        var now = LockFiles();
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), now.Keys.Order(StringComparer.Ordinal));
        foreach (var (file, bytes) in before)
            Assert.True(bytes.AsSpan().SequenceEqual(now[file]), $"{Path.GetRelativePath(Copy, file)} is another one after {after}");
    }

    /// <summary>The solution's projects and their lock files; no sources, which no restore reads.</summary>
    private void CopyProjects()
    {
        foreach (string pattern in new[] { "*.csproj", "*.props", "*.targets", "*.slnx", "global.json", "packages.lock.json" })
        {
            foreach (string file in Directory.GetFiles(RealData.Repository, pattern, SearchOption.TopDirectoryOnly)) CopyOne(file);
            foreach (string folder in new[] { "src", "tools", "bench", "tests", "samples" })
            {
                foreach (string file in Directory.GetFiles(Path.Combine(RealData.Repository, folder), pattern, SearchOption.AllDirectories))
                    CopyOne(file);
            }
        }

        void CopyOne(string file)
        {
            string copy = Path.Combine(Copy, Path.GetRelativePath(RealData.Repository, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
