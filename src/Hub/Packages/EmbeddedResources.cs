using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Graft.Hub;

/// <summary>The resources in an assembly's file, read as bytes: nothing of the assembly is loaded or run.</summary>
internal static class EmbeddedResources
{
    /// <summary>The names of the resources that lie in the file itself.</summary>
    /// <param name="assembly">The assembly's file.</param>
    /// <exception cref="HubException">The file is no assembly.</exception>
    public static IReadOnlyList<string> Names(string assembly) => Read(assembly, static (_, metadata) =>
        metadata.ManifestResources.Select(metadata.GetManifestResource).Where(static resource => resource.Implementation.IsNil)
            .Select(resource => metadata.GetString(resource.Name)).ToList());

    /// <summary>Writes one resource's bytes into a file, which appears when it is whole.</summary>
    /// <param name="assembly">The assembly's file.</param>
    /// <param name="name">The resource's name, or its end behind a dot.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="HubException">The assembly's file is none or has no such resource, or the file cannot be written.</exception>
    public static void Extract(string assembly, string name, string path) => Read(assembly, (file, metadata) =>
    {
        foreach (var handle in metadata.ManifestResources)
        {
            var resource = metadata.GetManifestResource(handle);
            string whole = metadata.GetString(resource.Name);
            if (!resource.Implementation.IsNil || (whole != name && !whole.EndsWith("." + name, StringComparison.Ordinal))) continue;
            var all = file.GetSectionData(file.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
            if (resource.Offset < 0 || resource.Offset > all.Length - sizeof(int)) throw Damaged(assembly);
            var reader = all.GetReader((int)resource.Offset, all.Length - (int)resource.Offset);
            int length = reader.ReadInt32();
            if (length < 0 || length > reader.RemainingBytes) throw Damaged(assembly);
            Storage.WriteWhole(path, stream => Copy(reader, length, stream));
            return true;
        }
        var names = metadata.ManifestResources.Select(handle => metadata.GetString(metadata.GetManifestResource(handle).Name)).ToList();
        throw new HubException(
            HubFailure.NotFound, $"{Printable.Whole(assembly)} has no resource '{Printable.Text(name)}'; it has {Printable.Some(names)}");
    });

    private static unsafe void Copy(BlobReader reader, int length, Stream target) => target.Write(new ReadOnlySpan<byte>(reader.CurrentPointer, length));

    private static T Read<T>(string assembly, Func<PEReader, MetadataReader, T> read)
    {
        try
        {
            using var file = new PEReader(File.OpenRead(assembly));
            if (!file.HasMetadata) throw Damaged(assembly);
            return read(file, file.GetMetadataReader());
        }
        catch (BadImageFormatException exception)
        {
            throw Damaged(assembly, exception);
        }
        catch (Exception exception) when (exception is (IOException and not HubException) or UnauthorizedAccessException)
        {
            throw new HubException(HubFailure.Storage, $"{Printable.Whole(assembly)} cannot be read: {exception.Message}", exception);
        }
    }

    private static HubException Damaged(string assembly, Exception? cause = null) =>
        new(HubFailure.Damaged, $"{Printable.Whole(assembly)} is no assembly, or a damaged one", cause);
}
