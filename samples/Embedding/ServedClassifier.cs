using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Graft.Models;
using Graft.Tasks;

namespace Graft.Samples.Embedding;

/// <summary>The classifier that answers. A fine-tuned one takes its place between two requests: each keeps to the one that it began
/// with, so that answers beside a replacement are whole, the old classifier's or the new one's.</summary>
internal sealed class ServedClassifier(ClassifierSource source) : IDisposable
{
    private Served current = Describe(source.Create());

    public Served Current => Volatile.Read(ref current);

    /// <summary>Puts another classifier in place. The old one is left to the garbage collector, since requests may be using it.</summary>
    public Served Replace(ImageClassifier next)
    {
        var served = Describe(next);
        Volatile.Write(ref current, served);
        return served;
    }

    public void Dispose() => Current.Classifier.Dispose();

    private static Served Describe(ImageClassifier classifier) => new(classifier, Fingerprint(classifier.Model));

    /// <summary>The first digits of the SHA-256 of all weights.</summary>
    private static string Fingerprint(ImageModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var numbers in model.Parameters().Concat(model.Buffers()))
            hash.AppendData(MemoryMarshal.AsBytes<float>(numbers.Value.ToArray()));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }
}

/// <summary>A classifier and the fingerprint of its weights, which every answer carries.</summary>
internal sealed record Served(ImageClassifier Classifier, string Network);
