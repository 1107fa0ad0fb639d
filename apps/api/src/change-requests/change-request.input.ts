import { Field, ID, InputType } from '@nestjs/graphql';
import type { ChangeRequestState } from '@fermata/contracts';
import { changeRequestStateEnum } from './change-request.model.js';

@InputType()
export class ChangeRequestFilterInput {
  @Field(() => ID, { nullable: true })
  okrRunId?: string | null;

  @Field(() => [changeRequestStateEnum], { nullable: true })
  state?: ChangeRequestState[] | null;
}
