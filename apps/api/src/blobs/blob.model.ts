import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';

@ObjectType({ description: 'A piece of a text. Ask again with `nextOffset` until it is null.' })
export class TextPage {
  @Field(() => String)
  text!: string;

  @Field(() => Int, { description: 'In characters, from the beginning of the text.' })
  offset!: number;

  @Field(() => Int, { nullable: true })
  nextOffset!: number | null;
}

@ObjectType({ description: 'A large text kept once, by the SHA-256 of its content.' })
export class Blob {
  @Field(() => String)
  digest!: string;

  @Field(() => String)
  mediaType!: string;

  @Field(() => Int, { description: 'In bytes.' })
  size!: number;
}

@ArgsType()
export class TextArgs {
  @Field(() => Int, { defaultValue: 0, description: 'In characters.' })
  offset!: number;

  @Field(() => Int, { defaultValue: 65536, description: 'In characters, at most 262144.' })
  limit!: number;
}
